"""Each fault does what its name says, measured against the truth."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from milepost.domain.position import Position
from milepost.geo.distance import distances_m
from milepost.simulator.world.chance import generator
from milepost.simulator.world.fault_clock import AHEAD_MS, ROLLOVER_MS, UNSET_BEGINS_MS
from milepost.simulator.world.fault_delivery import buffering
from milepost.simulator.world.faults import FAULTS, drawn_faults
from milepost.simulator.world.reports import Reports
from milepost.simulator.world.samples import Samples
from milepost.simulator.world.world import LivedVehicle
from tests.simulator.world.conftest import Made

HOUR_MS = 3_600_000
VAN = 1


def positions(vehicle: LivedVehicle) -> list[Position]:
    return [report.position for report in vehicle.reports]


def held(samples: Samples, times_ms: Sequence[int]) -> np.ndarray:
    """The index of the true state at each time."""
    return np.searchsorted(samples.times_ms, np.array(times_ms), side="right") - 1


def errors_m(vehicle: LivedVehicle, chosen: Sequence[Position]) -> np.ndarray:
    """How far each position is from where the vehicle was."""
    samples = vehicle.samples
    at = held(samples, [position.fix_time_ms for position in chosen])
    true = np.column_stack([samples.latitudes_deg[at], samples.longitudes_deg[at]])
    told = np.array([(position.latitude_deg, position.longitude_deg) for position in chosen])
    return distances_m(true, told)


def is_moving(vehicle: LivedVehicle, chosen: Sequence[Position]) -> np.ndarray:
    samples = vehicle.samples
    moving: np.ndarray = samples.is_moving[
        held(samples, [position.fix_time_ms for position in chosen])
    ]
    return moving


def ignition_on(vehicle: LivedVehicle, chosen: Sequence[Position]) -> np.ndarray:
    samples = vehicle.samples
    on: np.ndarray = samples.is_engine_on[
        held(samples, [position.fix_time_ms for position in chosen])
    ]
    return on


def test_every_fault_has_a_meaning() -> None:
    assert all(fault.meaning.endswith((".", ":")) for fault in FAULTS.values())


def test_a_clean_device_tells_the_truth_within_its_noise(fleet: Sequence[LivedVehicle]) -> None:
    for vehicle in fleet:
        told = positions(vehicle)
        errors = errors_m(vehicle, told)
        assert np.median(errors[is_moving(vehicle, told)]) < 3
        assert errors.max() < 15
        assert [position.ignition for position in told] == ignition_on(vehicle, told).tolist()
        speeds = np.array([position.speed_kmh for position in told])
        true = vehicle.samples.speeds_kmh[
            held(vehicle.samples, [position.fix_time_ms for position in told])
        ]
        assert np.abs(speeds - true).max() < 2
        waits_ms = [
            report.received_time_ms - report.position.fix_time_ms for report in vehicle.reports
        ]
        assert 250 <= min(waits_ms) <= max(waits_ms) < 2500
        assert [position.fix_time_ms for position in told] == sorted(
            position.fix_time_ms for position in told
        )


def test_receiver_noise_is_metres_more(made: Made) -> None:
    clean, noisy = made(VAN), made(VAN, "receiver_noise")
    assert np.median(errors_m(clean, positions(clean))) < 3
    assert 7 < np.median(errors_m(noisy, positions(noisy))) < 25


def test_drift_moves_a_parked_vehicle_within_60_m_and_no_driving_one(made: Made) -> None:
    vehicle = made(VAN, "drift_at_rest")
    told = positions(vehicle)
    errors, moving = errors_m(vehicle, told), is_moving(vehicle, told)
    assert np.percentile(errors[~moving], 90) > 3 * np.percentile(errors[moving], 90)
    assert errors[~moving].max() < 60 + 8
    assert errors[moving].max() < 15


def test_multipath_makes_single_fixes_jump(made: Made) -> None:
    vehicle = made(VAN, "multipath")
    errors = errors_m(vehicle, positions(vehicle))
    jumps = errors > 45
    assert 0 < np.count_nonzero(jumps) < 0.03 * len(errors)
    assert errors.max() < 500 + 10


def test_cell_fixes_are_wrong_by_less_than_they_say(made: Made) -> None:
    vehicle = made(VAN, "cell_fixes")
    cells = [position for position in positions(vehicle) if "accuracyM" in position.attributes]
    accuracies = np.array([float(position.attributes["accuracyM"]) for position in cells])
    errors = errors_m(vehicle, cells)
    assert len(cells) >= 3
    assert 1000 <= accuracies.min() <= accuracies.max() <= 3000
    assert (errors <= accuracies + 10).all()
    assert errors.min() > 250
    assert {(position.speed_kmh, position.satellites) for position in cells} == {(None, 0)}


def tunnel_vehicle(fleet: Sequence[LivedVehicle]) -> LivedVehicle:
    return next(vehicle for vehicle in fleet if 4 in vehicle.samples.road_kinds)


def in_tunnel(vehicle: LivedVehicle) -> list[Position]:
    told = positions(vehicle)
    samples = vehicle.samples
    kinds = samples.road_kinds[held(samples, [position.fix_time_ms for position in told])]
    return [position for position, kind in zip(told, kinds, strict=True) if kind == 4]


def test_a_clean_device_is_silent_in_the_tunnel(fleet: Sequence[LivedVehicle]) -> None:
    vehicle = tunnel_vehicle(fleet)
    assert in_tunnel(vehicle) == []


def test_a_stale_fix_is_repeated_in_the_tunnel(fleet: Sequence[LivedVehicle], made: Made) -> None:
    vehicle = made(tunnel_vehicle(fleet).number, "stale_in_tunnel")
    stale = in_tunnel(vehicle)
    assert len(stale) > 3
    assert not any(position.valid for position in stale)
    assert errors_m(vehicle, stale).max() > 500


def test_a_missing_speed_is_missing_everywhere(made: Made) -> None:
    assert {position.speed_kmh for position in positions(made(VAN, "speed_missing"))} == {None}


def test_a_stuck_speed_repeats_itself(made: Made) -> None:
    sound, stuck = (
        [position.speed_kmh for position in positions(made(VAN, *faults))]
        for faults in ((), ("speed_stuck",))
    )
    differing = [index for index, speed in enumerate(stuck) if speed != sound[index]]
    assert len(differing) > 20
    assert all(stuck[index] in sound[max(index - 60, 0) : index] for index in differing)


def test_a_noisy_speed_is_there_at_rest_only(made: Made) -> None:
    vehicle = made(VAN, "speed_noisy_at_rest")
    told = positions(vehicle)
    speeds = np.array([position.speed_kmh for position in told])
    at_rest = speeds[~is_moving(vehicle, told)]
    assert 0.4 < np.mean(at_rest > 0) < 0.8
    assert at_rest.max() <= 8


@pytest.mark.parametrize(
    ("fault", "told_when_off", "told_when_on"),
    [
        ("ignition_not_wired", {None}, {None}),
        ("ignition_never_on", {False}, {False}),
        ("ignition_inverted", {True}, {False}),
    ],
)
def test_a_wrong_ignition(
    fault: str, told_when_off: set[bool | None], told_when_on: set[bool | None], made: Made
) -> None:
    vehicle = made(VAN, fault)
    told = positions(vehicle)
    is_on = ignition_on(vehicle, told)
    words = np.array([position.ignition for position in told], dtype=object)
    assert set(words[~is_on]) == told_when_off
    assert set(words[is_on]) == told_when_on


def test_a_flickering_ignition_is_wrong_now_and_then(made: Made) -> None:
    vehicle = made(VAN, "ignition_flickers")
    told = positions(vehicle)
    wrong = ignition_on(vehicle, told) != [position.ignition for position in told]
    assert 0.02 < np.mean(wrong) < 0.07


def test_a_sleeping_device_misses_the_rest_and_the_start(made: Made) -> None:
    vehicle = made(VAN, "sleep")
    times_ms = np.array([position.fix_time_ms for position in positions(vehicle)])
    long_rests = [
        stay for stay in vehicle.truth.stays[1:-1] if stay.end_ms - stay.start_ms > HOUR_MS
    ]
    assert long_rests
    for stay in long_rests:
        asleep = (times_ms > stay.start_ms + 1_000_000) & (times_ms < stay.end_ms)
        assert not asleep.any()
        assert times_ms[times_ms >= stay.end_ms][0] > stay.end_ms


def test_a_reset_sets_counters_to_zero_after_a_silence(made: Made) -> None:
    sound, vehicle = made(VAN), made(VAN, "reset")
    told = positions(vehicle)
    odometers = np.array([position.odometer_m for position in told])
    resets = np.flatnonzero(np.diff(odometers) < -1000) + 1
    assert len(resets) >= 1
    for reset in resets:
        assert told[reset].fix_time_ms - told[reset - 1].fix_time_ms >= 75_000
        # What was driven in the silence is counted already.
        assert odometers[reset] < 3000
        assert (told[reset].engine_hours_h or 0) < 0.1
    assert len(told) < len(sound.reports)


def test_a_clock_is_20_hours_ahead_in_single_reports(made: Made) -> None:
    sound, vehicle = made(VAN), made(VAN, "clock_ahead")
    shifts = [
        wrong.fix_time_ms - right.fix_time_ms
        for wrong, right in zip(positions(vehicle), positions(sound), strict=True)
    ]
    assert set(shifts) == {0, AHEAD_MS}
    assert 0 < sum(map(bool, shifts)) < 0.02 * len(shifts)


def test_a_clock_begins_in_1970_or_2000_after_a_long_rest(made: Made) -> None:
    vehicle = made(VAN, "clock_unset")
    unset = [position.fix_time_ms for position in positions(vehicle) if position.fix_time_ms < 1e12]
    nights = [stay for stay in vehicle.truth.stays if stay.end_ms - stay.start_ms > 5 * HOUR_MS]
    assert len(nights) - 1 <= len(unset) <= 4 * (len(nights) + 1)
    begin_ms = next(begin for begin in reversed(UNSET_BEGINS_MS) if min(unset) >= begin)
    assert max(unset) - begin_ms < 10 * 60_000


def test_a_clock_loses_1024_weeks_and_never_finds_them(made: Made) -> None:
    sound, vehicle = made(VAN), made(VAN, "clock_rollover")
    shifts = [
        right.fix_time_ms - wrong.fix_time_ms
        for wrong, right in zip(positions(vehicle), positions(sound), strict=True)
    ]
    first = shifts.index(ROLLOVER_MS)
    assert set(shifts[:first]) <= {0}
    assert set(shifts[first:]) == {ROLLOVER_MS}


def test_buffered_reports_come_in_bursts_and_none_is_lost(made: Made) -> None:
    sound, vehicle = made(VAN), made(VAN, "buffering")
    waits_ms = np.array(
        [report.received_time_ms - report.position.fix_time_ms for report in vehicle.reports]
    )
    assert waits_ms.max() > 300_000
    kept = waits_ms > 10_000
    assert 0.01 < np.mean(kept) < 0.9
    received_ms = np.array([report.received_time_ms for report in vehicle.reports])
    # In a burst a report follows the one before within a moment.
    assert np.mean(np.diff(received_ms)[kept[1:] & kept[:-1]] <= 40) > 0.8
    assert sorted(positions(vehicle), key=_time) == sorted(positions(sound), key=_time)


def test_half_of_the_buffers_are_sent_newest_first(made: Made) -> None:
    vehicle = made(VAN)
    times_ms = np.array([position.fix_time_ms for position in positions(vehicle)])
    orders = set()
    for number in range(12):
        sent_ms = buffering(_bare(times_ms), vehicle.samples, generator(number)).received_times_ms
        late = sent_ms > times_ms + 3000
        steps_ms = np.diff(sent_ms)[late[1:] & late[:-1]]
        orders.add("newest" if np.median(steps_ms) < 0 else "oldest")
    assert orders == {"newest", "oldest"}


def test_late_reports_come_after_younger_ones(made: Made) -> None:
    sound, vehicle = made(VAN), made(VAN, "late")
    times_ms = np.array([position.fix_time_ms for position in positions(vehicle)])
    overtaken = times_ms < np.maximum.accumulate(times_ms)
    assert 0.005 < np.mean(overtaken) < 0.05
    assert sorted(positions(vehicle), key=_time) == sorted(positions(sound), key=_time)


def test_doubled_reports_come_twice_and_say_the_same(made: Made) -> None:
    sound, vehicle = made(VAN), made(VAN, "doubled")
    more = len(vehicle.reports) - len(sound.reports)
    assert 0.02 < more / len(sound.reports) < 0.06
    encoded = [msgspec.msgpack.encode(position) for position in positions(vehicle)]
    assert set(encoded) == {msgspec.msgpack.encode(position) for position in positions(sound)}


def test_faults_act_together(made: Made) -> None:
    vehicle = made(VAN, "doubled", "speed_missing", "late")
    assert vehicle.faults == ("speed_missing", "late", "doubled")
    assert vehicle.label == "speed_missing+late+doubled"
    assert made(VAN).label == "clean"


def test_devices_are_clean_or_have_one_to_three_faults_of_different_groups() -> None:
    drawn = [drawn_faults(0.4, generator(1, number)) for number in range(2000)]
    assert 0.36 < np.mean([not faults for faults in drawn]) < 0.44
    assert {len(faults) for faults in drawn} == {0, 1, 2, 3}
    assert {name for faults in drawn for name in faults} == set(FAULTS)
    for faults in drawn:
        assert len({FAULTS[name].group for name in faults}) == len(faults)


def _time(position: Position) -> int:
    return position.fix_time_ms


def _bare(times_ms: np.ndarray) -> Reports:
    empty = np.zeros(len(times_ms))
    columns = dict.fromkeys(Reports.__struct_fields__, empty)
    times = {name: times_ms for name in columns if name.endswith("times_ms")}
    return Reports(**(columns | times))
