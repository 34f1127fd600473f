"""What a device can be told to do."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

CommandKind = Literal[
    "engine_stop",
    "engine_resume",
    "output_on",
    "output_off",
    "position_now",
    "interval",
    "reboot",
    "set_odometer",
    "custom_text",
]

Output = Annotated[int, msgspec.Meta(ge=1, le=8)]
IntervalSeconds = Annotated[int, msgspec.Meta(ge=1, le=86_400)]
OdometerMetres = Annotated[float, msgspec.Meta(ge=0, le=4_294_967_295)]
# PostgreSQL has no NUL in texts; line ends and other controls are some devices' own words.
CommandText = Annotated[str, msgspec.Meta(min_length=1, max_length=900, pattern=r"^[^\u0000]*$")]


class EngineStop(msgspec.Struct, frozen=True, tag="engine_stop", tag_field="kind"):
    """Cut the engine off (its starter, fuel pump or ignition, as the relay is wired)."""


class EngineResume(msgspec.Struct, frozen=True, tag="engine_resume", tag_field="kind"):
    """Let the engine run again."""


class OutputOn(msgspec.Struct, frozen=True, tag="output_on", tag_field="kind"):
    """Switch a digital output on; outputs count from 1."""

    output: Output = 1


class OutputOff(msgspec.Struct, frozen=True, tag="output_off", tag_field="kind"):
    """Switch a digital output off; outputs count from 1."""

    output: Output = 1


class PositionNow(msgspec.Struct, frozen=True, tag="position_now", tag_field="kind"):
    """Report a position at once."""


class Interval(
    msgspec.Struct,
    frozen=True,
    tag="interval",
    tag_field="kind",
    rename={"interval_s": "intervalS"},
):
    """Report every so many seconds while moving."""

    interval_s: IntervalSeconds


class Reboot(msgspec.Struct, frozen=True, tag="reboot", tag_field="kind"):
    """Start the tracker anew."""


class SetOdometer(
    msgspec.Struct,
    frozen=True,
    tag="set_odometer",
    tag_field="kind",
    rename={"odometer_m": "odometerM"},
):
    """Set the tracker's odometer, in metres."""

    odometer_m: OdometerMetres


class CustomText(msgspec.Struct, frozen=True, tag="custom_text", tag_field="kind"):
    """A command in the device's own words, for what has no kind here."""

    text: CommandText


Command = (
    EngineStop
    | EngineResume
    | OutputOn
    | OutputOff
    | PositionNow
    | Interval
    | Reboot
    | SetOdometer
    | CustomText
)


def kind_of(command: Command) -> CommandKind:
    """The kind that a command is of."""
    return KIND_OF_TYPE[type(command)]


KIND_OF_TYPE: Mapping[type[Command], CommandKind] = {
    EngineStop: "engine_stop",
    EngineResume: "engine_resume",
    OutputOn: "output_on",
    OutputOff: "output_off",
    PositionNow: "position_now",
    Interval: "interval",
    Reboot: "reboot",
    SetOdometer: "set_odometer",
    CustomText: "custom_text",
}
