"""What a frame says of one instant, collected field by field."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

from milepost.domain.position import Position

Value = str | int | float | bool

FIELD_TYPES: Mapping[str, type[bool] | type[int] | type[float]] = MappingProxyType(
    {
        name: kind
        for name, hint in get_type_hints(Position).items()
        for kind in (bool, int, float)
        if hint is kind or (type(None) in get_args(hint) and kind in get_args(hint))
    }
)
"""The type of each field of a position that is a number or a truth value."""


def text_of(value: Value) -> str:
    """A value as attributes keep it: `true`, `12`, `3.5`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(round(value, 6)) if isinstance(value, float) else str(value)


class Report:
    """A position in the making.

    `fields` are those of `Position` by name, `signals` its VSS paths, `attributes` the rest. A
    report is without a fix, and not valid, until `place` gives it one.
    """

    __slots__ = ("attributes", "fields", "signals")

    def __init__(self, fix_time_ms: int) -> None:
        self.fields: dict[str, Any] = {"fix_time_ms": fix_time_ms, "valid": False}
        self.signals: dict[str, float] = {}
        self.attributes: dict[str, str] = {}

    @property
    def says_something(self) -> bool:
        """Whether anything beyond the time was read."""
        return len(self.fields) > 2 or bool(self.attributes) or bool(self.signals)

    def place(self, latitude_deg: float, longitude_deg: float, *, valid: bool) -> None:
        """Where the device was, WGS 84; `valid` False: its last known place.

        At 0°, 0° a receiver never had a fix. What is beyond 90° or 180° is no place: the numbers
        stay in the attribute `badPlace`.
        """
        if abs(latitude_deg) > 90 or abs(longitude_deg) > 180:
            self.attributes["badPlace"] = f"{latitude_deg},{longitude_deg}"
        elif latitude_deg or longitude_deg:
            self.fields["latitude_deg"] = latitude_deg
            self.fields["longitude_deg"] = longitude_deg
            self.fields["valid"] = valid

    def motion(
        self,
        speed_kmh: float | None,
        course_deg: float | None,
        altitude_m: float | None = None,
    ) -> None:
        """What the receiver says beside the place; values that cannot be are left out."""
        if speed_kmh is not None and speed_kmh >= 0:
            self.fields["speed_kmh"] = float(speed_kmh)
        if course_deg is not None and 0 <= course_deg <= 360:
            self.fields["course_deg"] = float(course_deg)
        if altitude_m is not None and -12_262 <= altitude_m <= 18_000:
            self.fields["altitude_m"] = float(altitude_m)

    def alarm(self, alarm: str | None) -> None:
        """Raise an alarm of `domain.alarm.ALARMS`; of several the first leads, `alarms` has all."""
        if alarm is None:
            return
        first = self.fields.setdefault("alarm", alarm)
        if alarm != first:
            known = self.attributes.get("alarms", first).split(",")
            if alarm not in known:
                self.attributes["alarms"] = ",".join((*known, alarm))

    def event(self, code: int | str) -> None:
        """The device's own code of what made it report."""
        self.fields["event_codes"] = (*self.fields.get("event_codes", ()), str(code))

    def note(self, name: str, value: Value) -> None:
        """An attribute: a name of `protocols.vocabulary`, or `kind:id` for what is unexplained."""
        self.attributes[name] = text_of(value)

    def position(self, *, damaged: bool = False) -> Position:
        """The position of what was read."""
        return Position(
            **self.fields, damaged=damaged, signals=self.signals, attributes=self.attributes
        )
