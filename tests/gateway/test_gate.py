"""The gate by hand: for each field what passes, what is turned, and what is left out."""

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost import protocols
from milepost.domain.bounds import FIELDS, LATEST_FIX_TIME_MS
from milepost.domain.bounds import REFUSED as REFUSED_NAME
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.gateway.gate import Gate, check_position
from milepost.protocols.contract import CodecContext, DeviceProtocol
from milepost.registry import discover
from tests.protocols.vectors import (
    FOLDER,
    PROTOCOLS_WITH_VECTORS,
    RECEIVED_TIME_MS,
    records,
    replayed,
)

PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)
REFUSED = [json.loads(line) for line in (FOLDER / "refused.jsonl").read_text().splitlines()]
# What captured trackers say that cannot be: a place as text, with NULs behind it.
REALLY_SENT = {"teltonika": ["attributes"]}
PLACE = {"latitude_deg": 52.5, "longitude_deg": 13.4}
TIME_MS = 1_760_000_000_000
SOUND = Position(
    TIME_MS,
    **PLACE,
    altitude_m=34.0,
    speed_kmh=61,
    course_deg=270.0,
    satellites=11,
    ignition=True,
    tire_pressures_kpa=(220.0, None),
    gear=-1,
    alarm="sos",
    event_codes=("240",),
    signals={"Vehicle.Speed": 61.0},
    attributes={"io:385": "00ff", "driver": "Jörg\r\n"},
)

ACCEPTED = {
    "latitude_deg": (-90.0, 90.0, 0),
    "longitude_deg": (-180.0, 180.0),
    "altitude_m": (-430.0, 12_000.0),
    "speed_kmh": (0.0, 2_000.0),
    "course_deg": (0.0, 360.0),
    "hdop": (0.0, 655.35),
    "satellites": (0, 255),
    "ignition": (True, False, None),
    "odometer_m": (0.0, 4_294_967_295.0),
    "engine_hours_h": (0.0, 210_554.0),
    "fuel_level_pct": (0.0, 102.0),
    "fuel_used_l": (0.0, 2_105_540.0),
    "engine_rpm": (0.0, 8_031.0),
    "coolant_temp_c": (-273.0, 210.0),
    "battery_v": (0.0, 65.5),
    "brake_pedal": (True, False),
    "gear": (-125, 125),
    "signals": ({"Vehicle.Speed": -1e15}, {"Vehicle.Speed": 7}),
    "fix_time_ms": (0, LATEST_FIX_TIME_MS),
}
REJECTED = {
    "altitude_m": (-20_000.0, 1e9, math.nan),
    "speed_kmh": (-0.1, 2_000.1, math.inf, True, "61"),
    "course_deg": (-1.0, 360.5),
    "hdop": (-1.0, 1e99),
    "satellites": (-1, 256, 15_321_000_000, 10**400, 7.5, True),
    "ignition": (2, -1, 0.5, "on"),
    "odometer_m": (-1.0, 1e12),
    "engine_hours_h": (1e8,),
    "fuel_level_pct": (-1.0, 255.0),
    "fuel_used_l": (1e20, -1.0, 9.3e12),
    "engine_rpm": (-1.0, 1e6),
    "throttle_pct": (-0.1, 151.0),
    "engine_load_pct": (251.0,),
    "coolant_temp_c": (-275.0,),
    "engine_oil_temp_c": (1e5,),
    "oil_pressure_kpa": (-1.0,),
    "battery_v": (1e5, math.nan),
    "brake_pedal": (2, "0"),
    "gear": (-129, 128, 2**31),
    "alarm": ("no such alarm", "\ud800", "\0"),
}
TURNED = {
    "brake_pedal": ((0, False), (1, True), (0.0, False)),
    "ignition": ((1, True), (0, False)),
    "valid": ((1, True), (0, False)),
    "satellites": ((7.0, 7),),
    "gear": ((-3.0, -3),),
    "fix_time_ms": ((1.76e12, TIME_MS),),
}


def cases(table: dict[str, tuple[Any, ...]]) -> list[tuple[str, Any]]:
    return [(name, value) for name, values in table.items() for value in values]


def through(**fields: Any) -> tuple[Position, list[str]]:
    refused: list[str] = []
    return check_position(Position(**({"fix_time_ms": TIME_MS} | PLACE | fields)), refused), refused


def test_a_sound_position_is_the_same_object() -> None:
    refused: list[str] = []
    assert check_position(SOUND, refused) is SOUND
    assert refused == []


@pytest.mark.parametrize(("name", "value"), cases(ACCEPTED))
def test_accepts(name: str, value: object) -> None:
    position, refused = through(**{name: value})
    assert getattr(position, name) is value
    assert refused == []


@pytest.mark.parametrize(("name", "value"), cases(REJECTED))
def test_rejects_the_value_and_nothing_else(name: str, value: object) -> None:
    position, refused = (
        through(**{name: value}, battery_v=12.0)
        if name != "battery_v"
        else through(battery_v=value)
    )
    assert getattr(position, name) is None
    assert refused == [name]
    assert position.valid
    assert (position.latitude_deg, position.longitude_deg) == (52.5, 13.4)
    assert REFUSED_NAME + name in position.attributes


@pytest.mark.parametrize(("name", "value"), cases(TURNED))
def test_turns_what_is_certain(name: str, value: tuple[Any, Any]) -> None:
    came, meant = value
    position, refused = through(**{name: came})
    found = getattr(position, name)
    assert found == meant and type(found) is type(meant)
    assert refused == []


def test_a_number_of_more_digits_than_python_writes_is_refused() -> None:
    position, refused = through(satellites=10**5_000)
    assert refused == ["satellites"]
    assert position.attributes["refused:satellites"].startswith("0x")


def test_what_was_refused_is_kept_as_text() -> None:
    position, _ = through(fuel_used_l=1e20, satellites=15_321_000_000, attributes={"rssi": "3"})
    assert position.attributes == {
        "refused:fuel_used_l": "1e+20",
        "refused:satellites": "15321000000",
        "rssi": "3",
    }


@pytest.mark.parametrize("half", ("latitude_deg", "longitude_deg"))
@pytest.mark.parametrize("value", (91e3, math.nan, -math.inf, None))
def test_half_a_place_is_none(half: str, value: float | None) -> None:
    position, _ = through(**{half: value}, speed_kmh=50.0)
    assert position.latitude_deg is position.longitude_deg is None
    assert not position.valid
    assert position.speed_kmh == 50.0
    other = {"latitude_deg": "longitude_deg", "longitude_deg": "latitude_deg"}[half]
    assert position.attributes[REFUSED_NAME + other] == str(PLACE[other])


@pytest.mark.parametrize("time_ms", (-1, -(2**63), LATEST_FIX_TIME_MS + 1, 2**80, None, 0.5))
def test_a_time_that_is_none_stands_at_the_end_of_times(time_ms: Any) -> None:
    position, refused = through(fix_time_ms=time_ms)
    assert position.fix_time_ms == LATEST_FIX_TIME_MS
    assert refused == ["fix_time_ms"]
    assert position.attributes == {"refused:fix_time_ms": str(time_ms)}


def test_texts_lose_what_engines_cannot_hold() -> None:
    position, _ = through(
        attributes={"a\0": "b\0c", "half\ud800": "\udfff", "fine": "ä\n", "number": 7},
        event_codes=("1\0", 2),
    )
    assert position.attributes == {
        "a\\x00": "b\\x00c",
        "half\\ud800": "\\udfff",
        "fine": "ä\n",
        "number": "7",
    }
    assert position.event_codes == ("1\\x00", "2")


def test_sizes_are_bounded() -> None:
    position, refused = through(
        attributes={f"name{number}": "x" * 20_000 for number in range(2_000)},
        event_codes=("y" * 1_000,) * 1_000,
        signals={f"Vehicle.{number}": 1.0 for number in range(2_000)},
        tire_pressures_kpa=(200.0,) * 100,
    )
    assert len(position.attributes) == len(position.signals) == 500
    assert max(map(len, position.attributes.values())) == 8_192
    assert (len(position.event_codes), len(position.event_codes[0])) == (100, 200)
    assert len(position.tire_pressures_kpa) == 64
    assert set(refused) == {"attributes", "event_codes", "signals", "tire_pressures_kpa"}


def test_one_bad_signal_costs_only_itself() -> None:
    position, refused = through(
        signals={"Vehicle.A": 1.0, "Vehicle.B": math.inf, "Vehicle.C": 1e16, "Vehicle.D": True},
        tire_pressures_kpa=(200.0, -1.0, None),
    )
    assert position.signals == {"Vehicle.A": 1.0}
    assert position.tire_pressures_kpa == (200.0, None, None)
    assert sorted(set(refused)) == ["signals", "tire_pressures_kpa"]
    assert position.attributes["refused:Vehicle.B"] == "inf"


@pytest.mark.parametrize("unique_id", ("", "\0", "35\0", "a\n", "\ud800", "x" * 129, " "))
def test_rejects_an_identity_that_no_device_can_have(unique_id: str) -> None:
    with pytest.raises(ProtocolError, match="the identity must be"):
        Gate("tiny").check(Message("login", unique_id))


def test_the_rest_of_a_message() -> None:
    gate = Gate("tiny")
    message = Message(
        "response", "35", text="done\0" + "x" * 9_000, reference=-5, attributes={"k\0": "v"}
    )
    sound = gate.check(message)
    assert sound.text is not None and sound.text.startswith("done\\x00x")
    assert len(sound.text) == 8_192
    assert sound.reference is None
    assert sound.attributes == {"refused:reference": "-5", "k\\x00": "v"}
    assert sorted(gate.refused) == ["attributes", "reference", "text"]


def test_a_sound_message_is_the_same_object() -> None:
    gate = Gate("tiny")
    for message in (
        Message("positions", "356307042441013", (SOUND, SOUND), token=b"\0"),
        Message("response", None, text="OK", reference=7, accepted=True, attributes={"a": "b"}),
        Message("heartbeat"),
    ):
        assert gate.check(message) is message
    assert gate.refused == []


def test_only_the_unsound_position_of_a_message_changes() -> None:
    bad = msgspec.structs.replace(SOUND, brake_pedal=0)
    sound = Gate("tiny").check(Message("positions", positions=(SOUND, bad)))
    assert sound.positions[0] is SOUND
    assert sound.positions[1].brake_pedal is False


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=9),
    st.lists(st.integers(), max_size=2).map(tuple),
    st.dictionaries(st.text(max_size=3), st.floats(), max_size=2),
)


@given(st.fixed_dictionaries(dict.fromkeys(Position.__struct_fields__, ANYTHING)))
def test_whatever_comes_what_goes_on_is_sound(fields: dict[str, Any]) -> None:
    refused: list[str] = []
    position = check_position(Position(**fields), refused)
    assert check_position(position, refused) is position
    assert msgspec.convert(msgspec.to_builtins(position), Position) == position
    assert set(refused) <= FIELDS
    msgspec.json.encode(position)


@pytest.mark.parametrize("record", REFUSED, ids=lambda each: f"{each['protocol']}-{each['field']}")
def test_captured_frames_with_a_number_that_cannot_be(record: dict[str, str]) -> None:
    protocol = PROTOCOLS[record["protocol"]]
    codec = protocol.codec(CodecContext("tcp"))
    (message,) = codec.receive(bytes.fromhex(record["input"]), RECEIVED_TIME_MS)
    gate = Gate(protocol.name)
    sound = gate.check(message)
    assert sound.unique_id == record["identity"]
    assert set(gate.refused) == {record["field"]}
    (first, *_) = sound.positions
    assert getattr(first, record["field"]) is None
    assert first.has_fix and REFUSED_NAME + record["field"] in first.attributes


@pytest.mark.parametrize("name", PROTOCOLS_WITH_VECTORS)
def test_captured_frames_pass_whole(name: str) -> None:
    """The bounds take nothing from a real tracker but what it cannot have measured."""
    gate = Gate(name)
    for _, outcome, _ in replayed(PROTOCOLS[name], records("decode", name)):
        for message in [] if isinstance(outcome, ProtocolError) else outcome:
            gate.check(message)
    assert gate.refused == REALLY_SENT.get(name, [])
