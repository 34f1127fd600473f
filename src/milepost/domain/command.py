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


class _Told(msgspec.Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """What a device is told; its kind stands in `kind`."""


class EngineStop(_Told, frozen=True, tag="engine_stop"):
    """Cut the engine off (its starter, fuel pump or ignition, as the relay is wired)."""


class EngineResume(_Told, frozen=True, tag="engine_resume"):
    """Let the engine run again."""


class OutputOn(_Told, frozen=True, tag="output_on"):
    """Switch a digital output on; outputs count from 1."""

    output: Output = 1


class OutputOff(_Told, frozen=True, tag="output_off"):
    """Switch a digital output off; outputs count from 1."""

    output: Output = 1


class PositionNow(_Told, frozen=True, tag="position_now"):
    """Report a position at once."""


class Interval(_Told, frozen=True, tag="interval", rename={"interval_s": "intervalS"}):
    """Report every so many seconds while moving."""

    interval_s: IntervalSeconds


class Reboot(_Told, frozen=True, tag="reboot"):
    """Start the tracker anew."""


class SetOdometer(_Told, frozen=True, tag="set_odometer", rename={"odometer_m": "odometerM"}):
    """Set the tracker's odometer, in metres."""

    odometer_m: OdometerMetres


class CustomText(_Told, frozen=True, tag="custom_text"):
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
