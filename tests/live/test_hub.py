import json

import pytest

from milepost.domain.revocation import Credential, Revocation
from milepost.live.requests import Bounds, Place
from tests.live.desk import Desk, read, shown, snapshot, speeds
from tests.live.fleet import NORTH, OTHER_TENANT, SOUTH, TENANT, USER, identity, state, vehicle_id


def test_a_slow_viewer_gets_the_newest_position_of_each_vehicle_once() -> None:
    desk = Desk()
    viewer = desk.viewer()
    desk.watch(viewer)
    for speed_kmh in (1.0, 2.0, 3.0):
        for number in range(3):
            desk.report(number, speed_kmh=speed_kmh)
        desk.hub.flush()
    messages = read(viewer)
    assert speeds(messages) == [3.0, 3.0, 3.0]
    assert len({message["offset"] for message in messages}) == 1


def test_nothing_is_sent_before_the_flush_or_twice() -> None:
    desk = Desk()
    viewer = desk.viewer()
    desk.watch(viewer)
    desk.report(0)
    assert read(viewer) == []
    desk.hub.flush()
    assert len(read(viewer)) == 1
    desk.hub.flush()
    assert read(viewer) == []


def test_snapshot_has_what_was_seeded_and_reported_in_the_tenant() -> None:
    desk = Desk()
    desk.hub.seed([(TENANT, state(0)), (OTHER_TENANT, state(5))])
    desk.report(1)
    start = desk.watch(desk.viewer())
    assert shown(start) == {str(vehicle_id(0)), str(vehicle_id(1))}


def test_seeding_does_not_replace_what_was_reported() -> None:
    desk = Desk()
    desk.report(0, speed_kmh=9.0)
    desk.hub.seed([(TENANT, state(0, speed_kmh=1.0))])
    start = desk.watch(desk.viewer())
    assert snapshot(start)["vehicles"][0]["speedKmh"] == 9.0


def test_of_two_devices_in_a_vehicle_the_newer_fix_is_shown() -> None:
    desk = Desk()
    desk.report(0, speed_kmh=9.0, time_ms=1_770_000_060_000)
    desk.report(0, speed_kmh=1.0, time_ms=1_770_000_000_000)
    start = desk.watch(desk.viewer())
    assert snapshot(start)["vehicles"][0]["speedKmh"] == 9.0


def test_another_tenant_gets_nothing() -> None:
    desk = Desk()
    spy = desk.viewer(OTHER_TENANT)
    desk.watch(spy)
    desk.watch(spy, f"vehicle:{vehicle_id(0)}", vehicles=frozenset({vehicle_id(0)}))
    desk.report(0)
    desk.hub.event(TENANT, [f"vehicle:{vehicle_id(0)}"], "trip_started", {})
    desk.hub.event(TENANT, ["system:notifications"], "note", {})
    desk.hub.flush()
    assert read(spy) == []


def test_a_vehicle_that_changes_fleet_leaves_one_and_enters_the_other() -> None:
    desk = Desk()
    north, south = desk.viewer(), desk.viewer()
    desk.report(0)
    desk.hub.flush()
    desk.watch(north, f"fleet:{NORTH}", fleets=frozenset({NORTH}))
    desk.watch(south, f"fleet:{SOUTH}", fleets=frozenset({SOUTH}))
    desk.hub.move(vehicle_id(0), SOUTH)
    desk.hub.flush()
    assert [m["event"] for m in read(north)] == ["fleet_vehicle_removed"]
    assert [m["event"] for m in read(south)] == ["fleet_telemetry_update"]
    desk.report(0, fleet_id=SOUTH)
    desk.hub.flush()
    assert read(north) == []
    assert len(read(south)) == 1


def test_leaving_and_coming_back_within_one_flush_is_an_update() -> None:
    desk = Desk()
    viewer = desk.viewer()
    desk.report(0)
    desk.hub.flush()
    desk.watch(viewer, f"fleet:{NORTH}", fleets=frozenset({NORTH}))
    desk.hub.move(vehicle_id(0), SOUTH)
    desk.hub.move(vehicle_id(0), NORTH)
    desk.hub.flush()
    assert [m["event"] for m in read(viewer)] == ["fleet_telemetry_update"]


def test_a_restricted_viewer_of_one_vehicle_loses_it_when_it_leaves_their_fleets() -> None:
    desk = Desk()
    viewer = desk.viewer()
    desk.report(0)
    name = f"vehicle:{vehicle_id(0)}"
    desk.watch(viewer, name, vehicles=frozenset({vehicle_id(0)}), fleets=frozenset({NORTH}))
    desk.report(0, fleet_id=SOUTH)
    desk.hub.event(TENANT, [name], "trip_started", {})
    desk.hub.flush()
    assert [m["event"] for m in read(viewer)] == ["vehicle_removed"]


def test_a_removed_vehicle_is_gone_for_viewers_and_newcomers() -> None:
    desk = Desk()
    viewer = desk.viewer()
    desk.report(0)
    desk.watch(viewer)
    desk.hub.flush()
    read(viewer)
    desk.hub.remove(vehicle_id(0))
    desk.hub.flush()
    (message,) = read(viewer)
    assert message["event"] == "fleet_vehicle_removed"
    assert message["data"] == {"vehicleId": str(vehicle_id(0))}
    assert shown(desk.watch(desk.viewer())) == set()


def test_an_event_comes_once_on_each_channel_with_the_name_of_the_channel() -> None:
    desk = Desk()
    viewer = desk.viewer()
    desk.report(0)
    desk.hub.flush()
    vehicle, fleet = f"vehicle:{vehicle_id(0)}", f"fleet:{NORTH}"
    desk.watch(viewer, vehicle, vehicles=frozenset({vehicle_id(0)}))
    desk.watch(viewer, fleet, fleets=frozenset({NORTH}))
    desk.watch(viewer)
    desk.hub.event(TENANT, [vehicle, fleet], "trip_started", {"vehicleId": vehicle_id(0)})
    desk.hub.event(TENANT, [fleet], "fleet_status_change", {"status": "x"})
    desk.hub.flush()
    found = sorted((m["channel"], m["event"]) for m in read(viewer))
    assert found == sorted(
        [
            (vehicle, "trip_started"),
            (fleet, "fleet_trip_started"),
            ("fleet:all", "fleet_trip_started"),
            (fleet, "fleet_status_change"),
            ("fleet:all", "fleet_status_change"),
        ]
    )


def test_events_of_one_driver_do_not_reach_the_fleet_of_another() -> None:
    desk = Desk()
    viewer = desk.viewer()
    desk.watch(viewer, vehicles=frozenset({vehicle_id(1)}))
    desk.hub.event(TENANT, [f"vehicle:{vehicle_id(0)}", f"fleet:{NORTH}"], "alarm", {})
    desk.hub.event(TENANT, [f"fleet:{NORTH}"], "fleet_status_change", {})
    desk.hub.event(TENANT, [f"vehicle:{vehicle_id(1)}"], "alarm", {"mine": True})
    desk.hub.flush()
    assert [m["data"] for m in read(viewer)] == [{"mine": True}]


def test_what_a_device_was_told_reaches_only_those_who_may_read_commands() -> None:
    desk = Desk()
    driver, dispatcher = desk.viewer(), desk.viewer()
    name = f"vehicle:{vehicle_id(0)}"
    desk.watch(driver, name, commands=False)
    desk.watch(dispatcher, name)
    desk.hub.event(TENANT, [name], "command_execution", {"result": "secret"}, of_command=True)
    desk.hub.event(TENANT, [name], "geofence_entry", {})
    desk.hub.flush()
    assert [each["event"] for each in read(driver)] == ["geofence_entry"]
    assert [each["event"] for each in read(dispatcher)] == ["command_execution", "geofence_entry"]


def test_admin_star_hears_every_admin_channel() -> None:
    desk = Desk()
    viewer = desk.viewer()
    desk.watch(viewer, "admin:*")
    desk.hub.event(TENANT, ["admin:audit"], "entry", {"n": 1})
    desk.hub.flush()
    assert [(m["channel"], m["event"]) for m in read(viewer)] == [("admin:*", "entry")]


def test_announcements_reach_every_tenant() -> None:
    desk = Desk()
    viewers = [desk.viewer(), desk.viewer(OTHER_TENANT)]
    for viewer in viewers:
        desk.watch(viewer, "system:announcements")
    desk.hub.event(None, ["system:announcements"], "announcement", {"text": "hello"})
    desk.hub.flush()
    assert [len(read(viewer)) for viewer in viewers] == [1, 1]


def test_events_are_never_conflated_and_too_many_unread_close_the_viewer() -> None:
    desk = Desk(max_unread_events=10)
    slow, other = desk.viewer(), desk.viewer()
    for viewer in (slow, other):
        desk.watch(viewer)
    for number in range(10):
        desk.hub.event(TENANT, [f"fleet:{NORTH}"], "alarm", {"n": number})
        desk.hub.flush()
    assert [m["data"]["n"] for m in read(other)] == list(range(10))
    assert slow.closing is None
    desk.hub.event(TENANT, [f"fleet:{NORTH}"], "alarm", {"n": 10})
    desk.hub.flush()
    assert slow.closing is not None
    assert slow.closing.code == 1013
    assert other.closing is None


def test_resume_gives_exactly_the_missed_events_and_the_changed_vehicles() -> None:
    desk = Desk()
    first = desk.viewer()
    for number in range(3):
        desk.report(number)
    desk.hub.flush()
    start = desk.watch(first)
    place = Place(start.topic.epoch, start.offset)
    desk.hub.leave(first)
    desk.report(1, speed_kmh=7.0)
    for n in range(3):
        desk.hub.event(TENANT, [f"fleet:{NORTH}"], "alarm", {"n": n})
    desk.hub.flush()
    again = desk.viewer()
    resumed = desk.watch(again, resume=place)
    assert (resumed.recovered, resumed.vehicles) == (True, None)
    messages = read(again)
    assert [m["data"].get("n") for m in messages] == [0, 1, 2, None]
    assert messages[-1]["data"]["vehicleId"] == str(vehicle_id(1))


def test_missed_events_that_were_not_read_are_missed_still() -> None:
    desk = Desk()
    first = desk.viewer()
    start = desk.watch(first)
    desk.hub.leave(first)
    desk.hub.event(TENANT, [f"fleet:{NORTH}"], "alarm", {"n": 1})
    desk.hub.flush()
    for _ in range(2):
        again = desk.viewer()
        start = desk.watch(again, resume=Place(start.topic.epoch, start.offset))
        desk.hub.leave(again)
    again = desk.viewer()
    desk.watch(again, resume=Place(start.topic.epoch, start.offset))
    assert [m["data"]["n"] for m in read(again)] == [1]


def test_resume_tells_which_vehicles_left() -> None:
    desk = Desk()
    first = desk.viewer()
    desk.report(0)
    desk.hub.flush()
    start = desk.watch(first)
    desk.hub.leave(first)
    desk.hub.remove(vehicle_id(0))
    desk.hub.flush()
    again = desk.viewer()
    desk.watch(again, resume=Place(start.topic.epoch, start.offset))
    (message,) = read(again)
    assert message["event"] == "fleet_vehicle_removed"
    assert message["data"] == {"vehicleId": str(vehicle_id(0))}


def test_resume_beyond_the_history_is_told_and_starts_anew() -> None:
    desk = Desk(history_events=2)
    first = desk.viewer()
    start = desk.watch(first)
    desk.hub.leave(first)
    desk.report(0)
    for n in range(3):
        desk.hub.event(TENANT, [f"fleet:{NORTH}"], "alarm", {"n": n})
    desk.hub.flush()
    again = desk.viewer()
    resumed = desk.watch(again, resume=Place(start.topic.epoch, start.offset))
    assert resumed.recovered is False
    assert shown(resumed) == {str(vehicle_id(0))}
    assert read(again) == []


def test_resume_with_a_foreign_epoch_or_an_offset_from_the_future_is_not_believed() -> None:
    desk = Desk()
    start = desk.watch(desk.viewer())
    for place in (Place("other", start.offset), Place(start.topic.epoch, start.offset + 1)):
        assert desk.watch(desk.viewer(), resume=place).recovered is False


def test_a_channel_without_viewers_is_forgotten_with_its_epoch() -> None:
    desk = Desk(history_age_s=60.0)
    viewer = desk.viewer()
    start = desk.watch(viewer)
    desk.now_s = 100.0
    desk.hub.forget_idle()
    assert desk.watch(desk.viewer()).topic is start.topic
    for each in list(start.topic.subscriptions.values()):
        desk.hub.leave(each)
    desk.now_s = 159.0
    desk.hub.forget_idle()
    viewer = desk.viewer()
    assert desk.watch(viewer).topic is start.topic
    desk.hub.leave(viewer)
    desk.now_s = 219.0
    desk.hub.forget_idle()
    resumed = desk.watch(desk.viewer(), resume=Place(start.topic.epoch, start.offset))
    assert resumed.recovered is False
    assert resumed.topic.epoch != start.topic.epoch


def test_subscribing_again_keeps_the_unread_events() -> None:
    desk = Desk()
    viewer = desk.viewer()
    first = desk.watch(viewer)
    desk.hub.event(TENANT, [f"fleet:{NORTH}"], "alarm", {"n": 1})
    desk.hub.flush()
    again = desk.watch(viewer)
    assert again.offset == first.offset
    assert [m["data"]["n"] for m in read(viewer)] == [1]


def test_viewport_sends_what_is_inside_and_once_what_has_left_it() -> None:
    desk = Desk()
    viewer = desk.viewer()
    desk.report(0, at=(52.0, 13.0))
    desk.report(1, at=(10.0, 10.0))
    desk.report(2, at=None)
    desk.hub.flush()
    start = desk.watch(viewer, bounds=Bounds(12, 51, 14, 53))
    assert shown(start) == {str(vehicle_id(0))}
    for longitude_deg in (13.5, 20.0, 21.0):
        desk.report(0, at=(52.0, longitude_deg))
        desk.report(1, at=(11.0, 10.0))
        desk.hub.flush()
    moved = read(viewer)
    assert [m["data"]["location"]["lng"] for m in moved] == [21.0]
    desk.report(0, at=(52.0, 22.0))
    desk.hub.flush()
    assert read(viewer) == []


def test_a_moved_viewport_gets_all_the_vehicles_in_it_even_on_resume() -> None:
    desk = Desk()
    desk.report(0, at=(52.0, 13.0))
    desk.hub.flush()
    start = desk.watch(desk.viewer(), bounds=Bounds(0, 0, 1, 1))
    place = Place(start.topic.epoch, start.offset)
    resumed = desk.watch(desk.viewer(), bounds=Bounds(12, 51, 14, 53), resume=place)
    assert resumed.recovered is True
    assert shown(resumed) == {str(vehicle_id(0))}


def test_a_large_snapshot_comes_in_slices_and_is_only_then_a_place_to_resume_from() -> None:
    desk = Desk(slice_vehicles=10)
    count = 25
    for number in range(count):
        desk.report(number)
    desk.hub.flush()
    viewer = desk.viewer()
    start = desk.watch(viewer)
    seen = shown(start)
    assert start.offset == 0
    offsets = []
    while (frame := viewer.take()) is not None:
        messages = json.loads(frame)["messages"]
        offsets.append({message["offset"] for message in messages})
        seen |= {message["data"]["vehicleId"] for message in messages}
    assert len(seen) == count
    assert offsets[0] == {0}
    assert offsets[-1] == {2}
    cut = desk.watch(desk.viewer(), resume=Place(start.topic.epoch, start.offset))
    assert cut.recovered is False


def test_a_slice_of_a_large_update_is_no_place_to_resume_from() -> None:
    desk = Desk(slice_vehicles=2)
    viewer = desk.viewer()
    desk.watch(viewer)
    for number in range(5):
        desk.report(number)
    desk.hub.flush()
    frames = [json.loads(frame) for frame in iter(viewer.take, None)]
    offsets = [{message["offset"] for message in frame["messages"]} for frame in frames]
    assert offsets == [{0}, {0}, {2}]


def test_events_wait_for_the_last_slice() -> None:
    desk = Desk(slice_vehicles=2)
    viewer = desk.viewer()
    desk.watch(viewer)
    for number in range(3):
        desk.report(number)
    desk.hub.event(TENANT, [f"fleet:{NORTH}"], "alarm", {})
    desk.hub.flush()
    frames = [json.loads(frame) for frame in iter(viewer.take, None)]
    names = [[message["event"] for message in frame["messages"]] for frame in frames]
    update = "fleet_telemetry_update"
    assert names == [[update, update], ["fleet_alarm", update]]


def test_the_first_slice_after_subscribing_again_is_no_place_to_resume_from() -> None:
    desk = Desk(slice_vehicles=2)
    viewer = desk.viewer()
    for number in range(5):
        desk.report(number)
    desk.hub.flush()
    desk.watch(viewer)
    read(viewer)
    assert desk.watch(viewer).offset == 0


def test_a_viewport_finds_its_vehicles_behind_any_number_of_others() -> None:
    desk = Desk(slice_vehicles=2)
    for number in range(20):
        desk.report(number, at=(0.0, float(number)))
    desk.hub.flush()
    viewer = desk.viewer()
    start = desk.watch(viewer, bounds=Bounds(17, -1, 30, 1))
    seen = shown(start) | {message["data"]["vehicleId"] for message in read(viewer)}
    assert seen == {str(vehicle_id(number)) for number in (17, 18, 19)}


def test_a_full_frame_leaves_the_other_channels_to_the_next_one() -> None:
    desk = Desk()
    viewer = desk.viewer()
    names = [f"fleet:{NORTH}", "fleet:all", f"fleet:{SOUTH}"]
    for name, fleet_id in zip(names, (NORTH, None, SOUTH), strict=True):
        desk.watch(viewer, name, fleets=None if fleet_id is None else frozenset({fleet_id}))
    for number in range(1000):
        desk.report(number, fleet_id=NORTH if number else SOUTH)
    desk.hub.flush()
    first = json.loads(viewer.take() or "")
    assert {message["channel"] for message in first["messages"]} == {names[0]}
    desk.report(1)
    desk.hub.flush()
    second = json.loads(viewer.take() or "")
    assert {message["channel"] for message in second["messages"]} == {names[1]}
    third = json.loads(viewer.take() or "")
    assert {message["channel"] for message in third["messages"]} == {names[2], names[0]}
    assert viewer.take() is None


SESSION = Credential(tenant_id=TENANT, user_id=USER, session_id=identity(51))
OTHER_SESSION = Credential(tenant_id=identity(71), user_id=USER, session_id=identity(52))
KEY = Credential(tenant_id=TENANT, user_id=USER, api_key_id=identity(61))
OTHERS_KEY = Credential(tenant_id=identity(71), user_id=identity(22), api_key_id=identity(62))


@pytest.mark.parametrize(
    ("revocation", "ended"),
    [
        (Revocation("user", USER), {SESSION, OTHER_SESSION, KEY}),
        (Revocation("session", identity(51)), {SESSION}),
        (Revocation("api_key", identity(61)), {KEY}),
        (Revocation("api_key", USER), set()),
        (Revocation("user", identity(22)), {OTHERS_KEY}),
        (Revocation("tenant", TENANT), {SESSION, KEY}),
    ],
)
def test_a_revocation_closes_what_it_was_let_in_by_and_nothing_else(
    revocation: Revocation, ended: set[Credential]
) -> None:
    desk = Desk()
    viewers = {each: desk.open(each) for each in (SESSION, OTHER_SESSION, KEY, OTHERS_KEY)}
    desk.hub.revoke(revocation)
    closed = {each for each, viewer in viewers.items() if viewer.closing is not None}
    assert closed == ended
    assert {viewers[each].closing.code for each in closed} <= {4401}  # type: ignore[union-attr]


def test_what_was_revoked_while_its_token_was_looked_at_is_closed_at_once() -> None:
    desk = Desk()
    desk.now_s = 10.0
    asked_s = desk.hub.now_s
    desk.now_s = 10.5
    desk.hub.revoke(Revocation("api_key", identity(61)))
    late = desk.hub.open(TENANT, KEY, lambda: None, lambda: None, asked_s)
    assert late.closing is not None
    # What was looked at afterwards was found good.
    after = desk.hub.open(TENANT, KEY, lambda: None, lambda: None, 10.6)
    assert after.closing is None


def test_old_revocations_are_forgotten() -> None:
    desk = Desk()
    for number in range(50):
        desk.now_s = number * 100.0
        desk.hub.revoke(Revocation("session", identity(number)))
    assert len(desk.hub._revoked_s) <= 4


def test_one_connection_that_unsubscribes_leaves_the_others_of_its_user() -> None:
    desk = Desk()
    tabs = [desk.viewer(), desk.viewer()]
    for tab in tabs:
        desk.watch(tab)
    desk.hub.unsubscribe(tabs[0], "fleet:all")
    desk.report(0)
    desk.hub.flush()
    assert [len(read(tab)) for tab in tabs] == [0, 1]


def test_a_viewport_that_shows_few_of_many_is_looked_for_a_part_at_a_time() -> None:
    desk = Desk()
    for number in range(12_000):
        desk.report(number, at=(0.0, 0.0) if number < 11_997 else (52.0, 13.0))
    desk.hub.flush()
    viewer = desk.viewer()
    start = desk.watch(viewer, bounds=Bounds(12, 51, 14, 53))
    assert start.vehicles == []
    # Nothing of the second part is in the viewport either; the third has all three.
    assert viewer.take() is None
    assert viewer.waits
    found = [message["data"]["vehicleId"] for message in read(viewer)]
    assert found == [str(vehicle_id(number)) for number in range(11_997, 12_000)]
    assert not viewer.waits
