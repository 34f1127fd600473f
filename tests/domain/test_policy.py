"""Thresholds over time, worked out by hand."""

from uuid import UUID

from milepost.domain.policy import Overrides, Part, Policy, policy_of
from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds

DEFAULT, LONG, SHORT = (Thresholds(stop_min_duration_s=each) for each in (300.0, 600.0, 60.0))


def at(*times_ms: int) -> list[Position]:
    return [Position(time_ms, 50.0, 7.0) for time_ms in times_ms]


def test_each_position_is_judged_by_what_held_at_its_fix() -> None:
    policy = Policy(SHORT, (1000, 2000), (DEFAULT, LONG))
    parts = policy.parts(at(0, 999, 1000, 1999, 2000, 5000))
    found = [(part.thresholds, [each.fix_time_ms for each in part.positions]) for part in parts]
    assert found == [
        (DEFAULT, [0, 999]),
        (LONG, [1000, 1999]),
        (SHORT, [2000, 5000]),
    ]
    assert list(policy.parts(at(2000, 2001))) == [Part(at(2000, 2001), SHORT, counts=True)]
    assert list(policy.parts(at(1500))) == [Part(at(1500), LONG, counts=True)]


def test_what_was_never_changed_holds_for_ever() -> None:
    positions = at(-5, 0, 10**13)
    assert list(Policy(LONG).parts(positions)) == [Part(positions, LONG, counts=True)]


def test_a_vehicles_own_go_before_its_tenants_at_any_time() -> None:
    """The tenant changed at 2000, the vehicle at 1000 and 3000."""
    tenant = Overrides({"gap_min_duration_s": 9.0}, [(2000, {"stop_min_duration_s": 7.0})])
    vehicle = Overrides({}, [(1000, {}), (3000, {"stop_min_duration_s": 5.0})])
    policy = policy_of(tenant, vehicle)
    found = [
        (each.stop_min_duration_s, each.gap_min_duration_s)
        for each in map(policy.at, (999, 1000, 1999, 2000, 2999, 3000))
    ]
    assert found == [
        (7.0, 1800.0), (5.0, 1800.0), (5.0, 1800.0), (5.0, 9.0), (5.0, 9.0), (300.0, 9.0)
    ]  # fmt: skip


def test_one_of_two_devices_counts_at_a_time() -> None:
    """The first one from 1000 on, the other from 2000, the first again from 3000."""
    first, other = UUID(int=1), UUID(int=2)
    primaries = [(1000, first), (2000, other), (3000, first)]
    times_ms = (999, 1000, 1999, 2000, 2999, 3000)
    for device, counts in (
        (first, [True, True, True, False, False, True]),
        (other, [True, False, False, True, True, False]),
        (UUID(int=3), [True, False, False, False, False, False]),
    ):
        policy = Policy(LONG).of_device(device, primaries)
        assert [policy.counts_at(each) for each in times_ms] == counts
        parts = [(part.counts, len(part.positions)) for part in policy.parts(at(*times_ms))]
        assert sum(count for counted, count in parts if counted) == sum(counts)


def test_a_change_of_thresholds_cuts_where_no_device_changes() -> None:
    policy = Policy(SHORT, (1500,), (LONG,), turns_ms=(1000, 2000))
    parts = policy.parts(at(500, 1000, 1500, 2000))
    assert [(part.thresholds, part.counts) for part in parts] == [
        (LONG, True), (LONG, False), (SHORT, False), (SHORT, True)
    ]  # fmt: skip
