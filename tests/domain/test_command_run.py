"""The states of a command, and what each kind allows."""

from typing import get_args

from milepost.domain.command import CommandKind
from milepost.domain.command_run import (
    FOLLOWING,
    IN_FLIGHT_STATES,
    LAST_NUMBER,
    LIFETIME,
    OPEN_STATES,
    REPEATABLE,
    SWITCHING,
    SWITCHING_LIFETIME,
    CommandState,
    lifetime_of,
    may_follow,
    number_after,
)


def test_every_state_is_open_or_the_end() -> None:
    states = set(get_args(CommandState))
    assert set(FOLLOWING) == set(OPEN_STATES)
    assert {after for following in FOLLOWING.values() for after in following} == states
    assert set(IN_FLIGHT_STATES) < set(OPEN_STATES)
    for ended in states - set(OPEN_STATES):
        assert not any(may_follow(ended, state) for state in states)


def test_only_what_was_not_sent_can_be_cancelled_or_expire() -> None:
    for state in IN_FLIGHT_STATES:
        assert not may_follow(state, "cancelled")
        assert not may_follow(state, "expired")


def test_what_switches_something_does_not_wait_long() -> None:
    kinds = set(get_args(CommandKind))
    assert kinds > SWITCHING
    for kind in kinds:
        assert lifetime_of(kind) == (SWITCHING_LIFETIME if kind in SWITCHING else LIFETIME)
    assert not {"reboot", "set_odometer", "custom_text"} & REPEATABLE


def test_numbers_go_round() -> None:
    assert number_after(0) == 1
    assert number_after(LAST_NUMBER - 1) == LAST_NUMBER
    assert number_after(LAST_NUMBER) == 1
