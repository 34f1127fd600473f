"""Whether what a codec made of a captured frame is what the capture says must come out."""

from collections.abc import Callable
from typing import Any

import pytest

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.wire.position_json import iso_time
from tests.protocols.traccar_names import has_attribute

_HOUR_MS = 3_600_000
_FIRST_PLAUSIBLE_MS = 915_148_800_000
_NOW_MS = 1_900_000_000_000


def positions_of(messages: list[Message]) -> list[Position]:
    return [position for message in messages for position in message.positions]


def is_plausible(position: Position) -> bool:
    return (
        position.latitude_deg is not None
        and position.longitude_deg is not None
        and abs(position.latitude_deg) <= 90
        and abs(position.longitude_deg) <= 180
        and _FIRST_PLAUSIBLE_MS <= position.fix_time_ms <= _NOW_MS + 25 * _HOUR_MS
        and -12_262 <= (position.altitude_m or 0) <= 18_000
        and 0 <= (position.course_deg or 0) <= 360
    )


def says_something(messages: list[Message]) -> bool:
    return any(m.positions or m.text or m.attributes for m in messages)


KINDS: dict[str, Callable[[list[Message]], bool]] = {
    "verifyNull": lambda messages: not any(p.has_fix for p in positions_of(messages)),
    "verifyNotNull": says_something,
    "verifyAttribute": says_something,
    "verifyAttributes": says_something,
    "verifyPosition": lambda messages: any(map(is_plausible, positions_of(messages))),
    "verifyPositions": lambda messages: any(map(is_plausible, positions_of(messages))),
}


def has_place(expected: dict[str, Any], messages: list[Message]) -> bool:
    return any(
        iso_time(position.fix_time_ms).replace("T", " ").rstrip("Z") == expected["time"]
        and position.valid == expected["valid"]
        and position.latitude_deg == pytest.approx(expected["lat"], abs=1e-5)
        and position.longitude_deg == pytest.approx(expected["lon"], abs=1e-5)
        for position in positions_of(messages)
    )


def holds(name: str, record: dict[str, Any], outcome: list[Message] | ProtocolError) -> bool:
    if isinstance(outcome, ProtocolError):
        return bool(record["kind"] == "verifyNull")
    kind = record["kind"] if record.get("check_location", True) else "verifyNotNull"
    if not KINDS[kind](outcome):
        return False
    expected = record.get("expected")
    if expected is None:
        return True
    if "attribute" in expected:
        return has_attribute(name, expected, outcome)
    return has_place(expected, outcome)
