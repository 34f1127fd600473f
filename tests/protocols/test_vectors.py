"""Replays captured traffic and checks what must come out of it."""

from collections.abc import Callable
from typing import Any

import pytest

from milepost import protocols
from milepost.domain.alarm import ALARMS
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, DeviceProtocol
from milepost.protocols.vocabulary import is_known
from milepost.protocols.wire.position_json import iso_time
from milepost.registry import discover
from tests.protocols.traccar_names import has_attribute
from tests.protocols.vectors import (
    FOLDER,
    PROTOCOLS_WITH_VECTORS,
    RECEIVED_TIME_MS,
    expectations,
    input_of,
    records,
    replayed,
    unmet,
)

PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)
PROTOCOLS_WITH_FRAMES = sorted(path.stem for path in (FOLDER / "frames").glob("*.jsonl"))

# Phones and JSON devices name their attributes themselves.
FREE_ATTRIBUTES = frozenset({"osmand", "owntracks", "mqtt_json"})

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


@pytest.mark.parametrize("name", PROTOCOLS_WITH_VECTORS)
def test_captured_frames_give_what_is_expected(name: str) -> None:
    kept = records("decode", name)
    failed = {
        (record["instance"], record["seq"])
        for record, outcome, _ in replayed(PROTOCOLS[name], kept)
        if not holds(name, record, outcome)
    }
    assert failed == set(unmet(name))


@pytest.mark.parametrize("name", PROTOCOLS_WITH_VECTORS)
def test_only_damaged_frames_need_leniency_and_are_marked(name: str) -> None:
    count = 0
    for _, outcome, lenient in replayed(PROTOCOLS[name], records("decode", name)):
        count += lenient
        if lenient and isinstance(outcome, list):
            assert all(message.damaged for message in outcome)
            assert all(position.damaged for position in positions_of(outcome))
    assert count == expectations(name).get("damaged", 0)


@pytest.mark.parametrize("name", PROTOCOLS_WITH_VECTORS)
def test_alarms_and_attributes_have_names_of_the_vocabulary(name: str) -> None:
    for _, outcome, _ in replayed(PROTOCOLS[name], records("decode", name)):
        if isinstance(outcome, ProtocolError):
            continue
        positions = positions_of(outcome)
        assert {p.alarm for p in positions} - {None} <= set(ALARMS)
        if name not in FREE_ATTRIBUTES:
            used = {key for each in (*outcome, *positions) for key in each.attributes}
            assert [key for key in sorted(used) if not is_known(key)] == []


@pytest.mark.parametrize("name", PROTOCOLS_WITH_FRAMES)
def test_a_frame_is_cut_from_a_stream(name: str) -> None:
    """The bytes give what the frame alone gives, whatever else they hold."""
    protocol = PROTOCOLS[name]
    for record in records("frames", name):
        came = _received(protocol, input_of(record, protocol))
        alone = _received(protocol, bytes.fromhex(record["expected"]["frame"]))
        assert came[: len(alone)] == alone, (record["instance"], record["seq"])


def _received(protocol: DeviceProtocol, data: Any) -> list[Message]:
    codec = protocol.codec(CodecContext(protocol.transports[0], lenient=True))
    try:
        return list(codec.receive(data, RECEIVED_TIME_MS))
    except ProtocolError:
        return []
