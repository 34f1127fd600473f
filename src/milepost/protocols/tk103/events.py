"""What TK103's codes and alarm digits say.

Source: "GPRS Communication Protocol" KX402 1.5, 3.1.3 (BO01); captured frames (ZC, DW).
"""

from collections.abc import Mapping

import msgspec


class Event(msgspec.Struct, frozen=True):
    """An alarm, or the ignition."""

    alarm: str | None = None
    ignition: bool | None = None


_ALIKE: tuple[tuple[Event, tuple[str, ...]], ...] = (
    (Event("movement"), ("ZC11", "DW31", "DW51")),
    (Event("low_battery"), ("ZC12", "DW32", "DW52")),
    (Event("power_cut"), ("ZC13", "DW33", "DW53")),
    (Event(ignition=True), ("ZC15", "DW35", "DW55", "ZC29", "DW42", "DW62")),
    (Event(ignition=False), ("ZC16", "DW36", "DW56")),
    (Event("removing"), ("ZC17", "DW37", "DW57")),
    (Event("sos"), ("ZC25", "DW3E", "DW5E")),
    (Event("tampering"), ("ZC26", "DW3F", "DW5F")),
    (Event("low_power"), ("ZC27", "DW40", "DW60")),
)
EVENTS: Mapping[str, Event] = {code: event for event, codes in _ALIKE for code in codes}

ALARM_DIGITS: Mapping[str, str] = {
    "0": "power_cut",
    "1": "crash",
    "2": "sos",
    "3": "vibration",
    "4": "low_speed",
    "5": "overspeed",
    "6": "geofence_exit",
}
"""The digit after BO01."""

DIAGNOSTIC_ALARMS: Mapping[str, str] = {"1": "overspeed"}
"""The number in BQ81."""
