"""Thresholds over time, worked out by hand."""

from milepost.domain.policy import Overrides, Policy, policy_of
from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds

DEFAULT, LONG, SHORT = (Thresholds(stop_min_duration_s=each) for each in (300.0, 600.0, 60.0))


def at(*times_ms: int) -> list[Position]:
    return [Position(time_ms, 50.0, 7.0) for time_ms in times_ms]


def test_each_position_is_judged_by_what_held_at_its_fix() -> None:
    policy = Policy(SHORT, (1000, 2000), (DEFAULT, LONG))
    parts = policy.parts(at(0, 999, 1000, 1999, 2000, 5000))
    assert [(found, [each.fix_time_ms for each in part]) for found, part in parts] == [
        (DEFAULT, [0, 999]),
        (LONG, [1000, 1999]),
        (SHORT, [2000, 5000]),
    ]
    assert list(policy.parts(at(2000, 2001))) == [(SHORT, at(2000, 2001))]
    assert list(policy.parts(at(1500))) == [(LONG, at(1500))]


def test_what_was_never_changed_holds_for_ever() -> None:
    positions = at(-5, 0, 10**13)
    assert list(Policy(LONG).parts(positions)) == [(LONG, positions)]


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
