"""Replays captured traffic and checks what must come out of it."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from milepost import protocols
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, DeviceProtocol
from milepost.protocols.wire.position_json import iso_time
from milepost.registry import discover
from tests.protocols.vectors import (
    PROTOCOLS_WITH_VECTORS,
    RECEIVED_TIME_MS,
    input_of,
    records,
    replayed,
)

PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)

# (protocol, seq) -> why we do not share the expectation.
NOT_SHARED = {
    ("gt06", 20): "the expected altitude of -31703 m is the frame's checksum read as a number; "
    "the altitude that the frame has is 687 m",
    ("gt06", 34): "what the last ten bytes of this maker's frame mean is not public: no driving "
    "time is taken from them",
    ("gt06", 51): "nothing is expected, but the frame tells the time and the cell the device is in",
    ("gt06", 58): "nothing is expected, but the frame has engine values and ends in a valid fix",
}

# Frames whose checksum is wrong, or that have none where one is due: lenient devices only.
EXPECTED_LENIENT = {"gt06": 16, "h02": 0, "osmand": 1, "owntracks": 0, "teltonika": 5}

_DAY_MS = 86_400_000
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
        and _FIRST_PLAUSIBLE_MS <= position.fix_time_ms <= _NOW_MS + 25 * _DAY_MS // 24
        and -12_262 <= (position.altitude_m or 0) <= 18_000
        and 0 <= (position.course_deg or 0) <= 360
    )


def says_something(messages: list[Message]) -> bool:
    return any(m.positions or m.text or m.attributes for m in messages)


KINDS: dict[str, Callable[[list[Message]], bool]] = {
    "verifyNull": lambda messages: not positions_of(messages),
    "verifyNotNull": says_something,
    "verifyAttribute": says_something,
    "verifyAttributes": says_something,
    "verifyPosition": lambda messages: any(map(is_plausible, positions_of(messages))),
    "verifyPositions": lambda messages: any(map(is_plausible, positions_of(messages))),
}


def attribute(name: str, scale: float = 1) -> Callable[[Message, Position | None], Any]:
    def read(message: Message, position: Position | None) -> Any:
        kept = {**message.attributes, **(position.attributes if position is not None else {})}
        value = kept.get(name)
        return float(value) * scale if scale != 1 and value is not None else value

    return read


def field(name: str) -> Callable[[Message, Position | None], Any]:
    return lambda _, position: None if position is None else getattr(position, name)


# Traccar's attribute -> where the value is with us, in Traccar's unit.
OURS: dict[str, Callable[[Message, Position | None], Any]] = {
    "power": field("battery_v"),
    "battery": attribute("trackerBatteryV"),
    "batteryLevel": attribute("trackerBatteryPct"),
    "altitude": field("altitude_m"),
    "ignition": field("ignition"),
    "alarm": field("alarm"),
    "humidity": attribute("humidityPct"),
    "temp1": attribute("temp1C"),
    "tag1Temp": attribute("tag1TempC"),
    "tag1Battery": attribute("tag1BatteryV", 1000),
    "tag1Voltage": attribute("tag1BatteryV", 1000),
    "result": lambda message, _: message.text,
}


def same(expected: Any, ours: Any) -> bool:
    if isinstance(expected, bool) and isinstance(ours, str):
        return ours == str(expected).lower()
    if isinstance(expected, int | float) and ours is not None and not isinstance(expected, bool):
        return float(ours) == pytest.approx(float(expected))
    if isinstance(expected, str) and isinstance(ours, str):
        return ours == re.sub(r"(?<!^)([A-Z])", r"_\1", expected).lower() or ours == expected
    return bool(ours == expected)


def has_attribute(expected: dict[str, Any], messages: list[Message]) -> bool:
    read = OURS.get(expected["attribute"], attribute(expected["attribute"]))
    pairs = [(m, p) for m in messages for p in (m.positions or (None,))]
    return any(same(expected["value"], read(message, position)) for message, position in pairs)


def has_place(expected: dict[str, Any], messages: list[Message]) -> bool:
    return any(
        iso_time(position.fix_time_ms).replace("T", " ").rstrip("Z") == expected["time"]
        and position.valid == expected["valid"]
        and position.latitude_deg == pytest.approx(expected["lat"], abs=1e-5)
        and position.longitude_deg == pytest.approx(expected["lon"], abs=1e-5)
        for position in positions_of(messages)
    )


def holds(record: dict[str, Any], outcome: list[Message] | ProtocolError) -> bool:
    if isinstance(outcome, ProtocolError):
        return bool(record["kind"] == "verifyNull")
    kind = record["kind"] if record.get("check_location", True) else "verifyNotNull"
    if not KINDS[kind](outcome):
        return False
    expected = record.get("expected")
    if expected is None:
        return True
    return (has_attribute if "attribute" in expected else has_place)(expected, outcome)


@pytest.mark.parametrize("name", PROTOCOLS_WITH_VECTORS)
def test_captured_frames_give_what_is_expected(name: str) -> None:
    kept = records("decode", name)
    failed = {
        (name, record["seq"])
        for record, outcome, _ in replayed(PROTOCOLS[name], kept)
        if not holds(record, outcome)
    }
    assert failed == {key for key in NOT_SHARED if key[0] == name}


@pytest.mark.parametrize("name", PROTOCOLS_WITH_VECTORS)
def test_only_damaged_frames_need_leniency_and_are_marked(name: str) -> None:
    count = 0
    for _, outcome, lenient in replayed(PROTOCOLS[name], records("decode", name)):
        count += lenient
        if lenient and isinstance(outcome, list):
            assert all(message.damaged for message in outcome)
            assert all(position.damaged for position in positions_of(outcome))
    assert count == EXPECTED_LENIENT[name]


@pytest.mark.parametrize("name", ("gt06", "h02", "teltonika"))
def test_a_frame_is_cut_from_a_stream(name: str) -> None:
    protocol = PROTOCOLS[name]
    for record in records("frames", name):
        codec = protocol.codec(CodecContext("tcp", lenient=True))
        alone = protocol.codec(CodecContext("tcp", lenient=True))
        came = codec.receive(input_of(record), RECEIVED_TIME_MS)
        frame = bytes.fromhex(record["expected"]["frame"])
        assert came[0] == alone.receive(frame, RECEIVED_TIME_MS)[0]
