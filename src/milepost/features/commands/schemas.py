"""Commands on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from milepost.domain.command import Command, CommandKind
from milepost.domain.command_run import LONGEST_LIFETIME, SHORTEST_LIFETIME, CommandState
from milepost.features.paging import Page
from milepost.features.wire import Body, Wire

ExpiresIn = Annotated[
    int,
    Meta(
        ge=int(SHORTEST_LIFETIME.total_seconds()),
        le=int(LONGEST_LIFETIME.total_seconds()),
        description="Seconds that it may wait to be sent; by default 10 minutes for what switches "
        "something (engine, outputs, texts), a day for the rest.",
    ),
]
Confirm = Annotated[
    str,
    Meta(
        max_length=2000,
        description="The token of the 428 that the same call was answered with before.",
    ),
]


class NewCommand(Body, frozen=True):
    """A command to be sent. What stops an engine has to be confirmed: see `confirm`."""

    command: Command
    expires_in_s: ExpiresIn | None = None
    confirm: Confirm | None = None


class CommandView(Wire, frozen=True):
    """A command and how far it has come.

    `attempts` is how often it was sent, `reply` the device's own answer, `reason` why it is in its
    state or still waits.
    """

    id: UUID
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
    sent_time: datetime | None


class CommandPage(Page[CommandView], frozen=True):
    """A page of commands."""

    items: list[CommandView]


class CommandStepView(Wire, frozen=True):
    """One change of a command's state."""

    time: datetime
    state: CommandState
    attempt: int
    who: str
    reason: str | None


class CommandHistory(CommandView, frozen=True):
    """A command with every change of its state, the first one first."""

    history: list[CommandStepView]


class ParameterView(Wire, frozen=True, omit_defaults=True):
    """A field of a kind of command, with its limits."""

    name: str
    type: str
    required: bool
    default: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None


class SupportedCommand(Wire, frozen=True):
    """A kind of command that a device's protocol has.

    `permitted`: the caller's role includes it. `repeatable`: it is sent again if the device does
    not answer. `expiresInS` is how long it may wait to be sent by default.
    """

    kind: CommandKind
    description: str
    parameters: list[ParameterView]
    permitted: bool
    needs_confirmation: bool
    repeatable: bool
    expires_in_s: int


class SupportedCommands(Wire, frozen=True):
    """What a device can be told, by the protocol that it is registered with."""

    protocol: str
    items: list[SupportedCommand]
