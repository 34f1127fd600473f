"""A command on its way to a device: its states, what may follow what, and what may be repeated."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal
from uuid import UUID

import msgspec

from milepost.domain.command import Command, CommandKind

CommandState = Literal[
    "pending", "sent", "delivered", "acknowledged", "failed", "expired", "cancelled"
]

# `sent` to `pending` is a retry. What is not listed as a key is the end.
FOLLOWING: Mapping[CommandState, frozenset[CommandState]] = MappingProxyType(
    {
        "pending": frozenset({"sent", "failed", "expired", "cancelled"}),
        "sent": frozenset({"delivered", "acknowledged", "failed", "pending"}),
        "delivered": frozenset({"acknowledged", "failed", "pending"}),
    }
)
OPEN_STATES: tuple[CommandState, ...] = ("pending", "sent", "delivered")
IN_FLIGHT_STATES: tuple[CommandState, ...] = ("sent", "delivered")

# Told twice, they leave the device as if told once. A reboot, an odometer (which has counted on
# since) and a text of unknown meaning are told once.
REPEATABLE: frozenset[CommandKind] = frozenset(
    {"engine_stop", "engine_resume", "output_on", "output_off", "position_now", "interval"}
)
MAX_ATTEMPTS = 3

# What switches something in the vehicle must not strike long after it was asked for; a text may.
SWITCHING: frozenset[CommandKind] = frozenset(
    {"engine_stop", "engine_resume", "output_on", "output_off", "custom_text"}
)
SWITCHING_LIFETIME = timedelta(minutes=10)
LIFETIME = timedelta(hours=24)
LONGEST_LIFETIME = timedelta(days=7)
SHORTEST_LIFETIME = timedelta(seconds=10)

LAST_NUMBER = 65_535


class CommandRun(msgspec.Struct, frozen=True, kw_only=True):
    """One command for one device, with how far it has come.

    `number` counts the device's commands, 1 to 65535 and round again; protocols that number theirs
    carry it. `vehicle_id` is the vehicle that the device was in when it was asked for. `who` is the
    caller as in the audit. `attempts` is how often it was given to a socket, `sent_time` when
    last. `reply` is the device's own answer, `reason` why the state is what it is.
    """

    id: UUID
    tenant_id: UUID
    device_id: UUID
    vehicle_id: UUID | None
    number: int
    kind: CommandKind
    command: Command
    state: CommandState
    attempts: int
    who: str
    initiator_user_id: UUID | None
    reply: str | None
    reason: str | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    sent_time: datetime | None = None


class CommandStep(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a command's state: when, by whom, why."""

    step: int
    time: datetime
    state: CommandState
    attempt: int
    who: str
    reason: str | None


def may_follow(before: CommandState, after: CommandState) -> bool:
    """Whether a command may go from one state to the other."""
    return after in FOLLOWING.get(before, frozenset())


def lifetime_of(kind: CommandKind) -> timedelta:
    """How long a command may wait to be sent unless its caller says otherwise."""
    return SWITCHING_LIFETIME if kind in SWITCHING else LIFETIME


def number_after(number: int) -> int:
    """The number of a device's next command."""
    return number % LAST_NUMBER + 1


class CommandChange(msgspec.Struct, frozen=True):
    """A command has come to another state: what others are told.

    `fleet_id` is the fleet that its vehicle is in now.
    """

    run: CommandRun
    unique_id: str
    fleet_id: UUID | None
