"""What every protocol has to keep, over everything that is discovered."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from milepost import protocols
from milepost.domain.command import (
    Command,
    CustomText,
    EngineResume,
    EngineStop,
    Interval,
    OutputOff,
    OutputOn,
    PositionNow,
    Reboot,
    SetOdometer,
    kind_of,
)
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import (
    Codec,
    CodecContext,
    DeviceProtocol,
    HttpRequest,
    Input,
    Publish,
)
from milepost.registry import discover
from scripts import protocol_page
from tests.fuzzing.safety import check_input, check_inputs
from tests.fuzzing.seeds import own_inputs
from tests.protocols.vectors import (
    RECEIVED_TIME_MS,
    expectations,
    input_of,
    options_of,
    records,
)

PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)
ENCODED = [name for name, protocol in PROTOCOLS.items() if protocol.encoder is not None]
STREAMED = [name for name, protocol in PROTOCOLS.items() if "tcp" in protocol.transports]
UNIQUE_ID = "356307042441013"
TOPICS = ("owntracks/me/phone", "milepost/truck-7/position", "", "a/b/c/d")
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

POSITIONS = tuple(
    Position(
        fix_time_ms=1_760_000_000_000 + 1000 * number,
        latitude_deg=-33.86785 + number / 100,
        longitude_deg=151.20732 - number,
        altitude_m=58.0,
        speed_kmh=61.0,
        course_deg=270.0,
        satellites=11,
        hdop=0.8,
        ignition=True,
        odometer_m=123_456.0,
        fuel_level_pct=64.0,
        engine_rpm=1850.0,
        battery_v=13.9,
    )
    for number in range(4)
)

# What a protocol's wire has no place for, or keeps in coarser steps than the positions above.
NOT_CARRIED = {
    "gt06": {"altitude_m", "hdop", "fuel_level_pct", "engine_rpm", "battery_v"},
    "h02": {
        *("altitude_m", "hdop", "fuel_level_pct", "engine_rpm", "battery_v"),
        *("satellites", "odometer_m"),
    },
    "owntracks": {
        *("hdop", "fuel_level_pct", "engine_rpm", "battery_v", "satellites", "odometer_m"),
        "ignition",
    },
}


def codec_of(
    name: str, *, lenient: bool = False, options: Mapping[str, str] = MappingProxyType({})
) -> Codec:
    protocol = PROTOCOLS[name]
    return protocol.codec(CodecContext(protocol.transports[0], lenient, dict(options)))


def encoded(name: str, positions: Sequence[Position]) -> bytes:
    make = PROTOCOLS[name].encoder
    assert make is not None
    encoder = make()
    return encoder.login(UNIQUE_ID) + encoder.positions(UNIQUE_ID, positions)


def inputs_of(name: str, wire: bytes) -> list[Input]:
    """What the gateway makes of an encoder's bytes."""
    if name in STREAMED:
        return [wire]
    if name == "mqtt_json":
        return [Publish(f"milepost/{UNIQUE_ID}/position", wire)]
    if name == "owntracks":
        return [Publish(f"owntracks/me/{UNIQUE_ID}", line) for line in wire.split(b"\n")]
    heads = [request.split(b" ")[1].decode() for request in wire.split(b"\r\n\r\n")[:-1]]
    return [HttpRequest("GET", "/", head.partition("?")[2], {}, b"") for head in heads]


def received(codec: Codec, inputs: Sequence[Input]) -> list[Message]:
    return [message for data in inputs for message in codec.receive(data, RECEIVED_TIME_MS)]


def positions_of(messages: Sequence[Message]) -> list[Position]:
    return [position for message in messages for position in message.positions]


class Captured(msgspec.Struct, frozen=True):
    """A frame that is whole and says itself where it ends, and its device's options."""

    data: bytes
    options: dict[str, str]


def captured(name: str) -> list[Captured]:
    frames = []
    unmeasured = bytes.fromhex(expectations(name).get("unmeasured", ""))
    for record in records("decode", name):
        data = input_of(record, PROTOCOLS[name])
        options = options_of(record)
        assert isinstance(data, bytes)
        if unmeasured and data.startswith(unmeasured):
            continue
        with suppress(ProtocolError):
            if codec_of(name, options=options).receive(data, RECEIVED_TIME_MS):
                frames.append(Captured(data, options))
    return frames


def wires_of(name: str) -> list[Captured]:
    """The captured frames, and what the encoder writes if there is one."""
    written = [Captured(encoded(name, POSITIONS), {})] if name in ENCODED else []
    return written + captured(name)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_name_is_the_modules(name: str) -> None:
    assert PROTOCOLS[name].name == name


@pytest.mark.parametrize("name", ENCODED)
def test_what_is_encoded_is_decoded(name: str) -> None:
    messages = received(codec_of(name), inputs_of(name, encoded(name, POSITIONS)))
    assert {m.unique_id for m in messages} - {None} == {UNIQUE_ID}
    decoded = positions_of(messages)
    assert len(decoded) == len(POSITIONS)
    for came, went in zip(decoded, POSITIONS, strict=True):
        assert came.fix_time_ms == went.fix_time_ms
        assert came.valid and not came.damaged
        for field in Position.__struct_fields__[1:23]:
            if field not in NOT_CARRIED.get(name, ()):
                expected = getattr(went, field)
                tolerance = 1e-5 if field.endswith("itude_deg") else 0.01
                assert getattr(came, field) == pytest.approx(expected, abs=tolerance), field


@pytest.mark.parametrize("name", ENCODED)
def test_a_position_without_a_fix_stays_without(name: str) -> None:
    lost = Position(fix_time_ms=1_760_000_000_000, valid=False, ignition=True)
    try:
        messages = received(codec_of(name), inputs_of(name, encoded(name, [lost])))
    except ProtocolError:
        assert name == "owntracks"
        return
    assert not any(position.has_fix or position.valid for position in positions_of(messages))


@pytest.mark.parametrize("name", STREAMED)
def test_byte_by_byte_gives_the_same(name: str) -> None:
    for wire in wires_of(name):
        whole = received(codec_of(name, options=wire.options), [wire.data])
        assert whole
        pieces = [bytes((byte,)) for byte in wire.data]
        assert received(codec_of(name, options=wire.options), pieces) == whole, wire.data


@pytest.mark.parametrize("name", STREAMED)
def test_several_frames_in_one_read_give_the_same(name: str) -> None:
    wires = captured(name)
    for options in {tuple(wire.options.items()) for wire in wires}:
        frames = [wire.data for wire in wires if tuple(wire.options.items()) == options]
        one_by_one = received(codec_of(name, options=dict(options)), frames)
        together = received(codec_of(name, options=dict(options)), [b"".join(frames)])
        assert together == one_by_one


@pytest.mark.parametrize("name", [name for name in STREAMED if name in ENCODED])
def test_frames_after_which_one_is_bad_are_not_lost(name: str) -> None:
    good = encoded(name, POSITIONS[:1])
    codec = codec_of(name)
    assert positions_of(received(codec, [good + b"\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe#"]))
    with pytest.raises(ProtocolError):
        codec.receive(b"", RECEIVED_TIME_MS)


@pytest.mark.parametrize("name", [n for n in STREAMED if PROTOCOLS[n].resynchronizes])
def test_resynchronizing_protocols_go_on_after_garbage(name: str) -> None:
    wire = wires_of(name)[0]
    codec = codec_of(name, options=wire.options)
    with pytest.raises(ProtocolError):
        codec.receive(b"\xfe\xfe\xfe\r\n", RECEIVED_TIME_MS)
    assert received(codec, [wire.data])


@pytest.mark.parametrize("name", STREAMED)
def test_an_endless_frame_is_refused_within_the_limit(name: str) -> None:
    """However a frame begins, what follows without end is not kept without end."""
    openings = {wire.data[:length] for wire in wires_of(name) for length in (1, 4, 12)}
    for opening in sorted(openings):
        for filler in (b"A" * 1024, b"\xff" * 1024, b"1" * 1024):
            check_endless(name, opening, filler)


def check_endless(name: str, opening: bytes, filler: bytes) -> None:
    codec = codec_of(name)
    fed_bytes, chunk = 0, opening
    while fed_bytes <= PROTOCOLS[name].max_buffer_bytes + len(filler):
        try:
            if codec.receive(chunk, RECEIVED_TIME_MS):
                return
        except ProtocolError:
            return
        fed_bytes += len(chunk)
        chunk = filler
    raise AssertionError(f"{name} keeps {fed_bytes} bytes after {opening.hex()}")


@pytest.mark.parametrize("name", PROTOCOLS)
def test_ports_and_names_are_its_own(name: str) -> None:
    others = [each for each in PROTOCOLS.values() if each.name != name]
    own = PROTOCOLS[name]
    assert own.port is None or own.port not in {other.port for other in others}
    taken = {other.name for other in others} | {a for other in others for a in other.aliases}
    assert not taken & {own.name, *own.aliases}


EXAMPLES: tuple[Command, ...] = (
    EngineStop(),
    EngineResume(),
    OutputOn(1),
    OutputOff(1),
    PositionNow(),
    Interval(60),
    Reboot(),
    SetOdometer(123_456_000.0),
    CustomText("STATUS"),
)

# Commands that a protocol has, but not with the example's value.
OF_OTHER_VALUES = {("tk103", "set_odometer")}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_commands_are_written_or_refused(name: str) -> None:
    writers = PROTOCOLS[name].commands
    order = Order(unique_id=UNIQUE_ID, number=7)
    for command in EXAMPLES:
        if (name, kind_of(command)) in OF_OTHER_VALUES:
            with pytest.raises(InvalidInput, match=f"for {name}"):
                written(name, writers, command, order)
        elif type(command) in writers:
            assert written(name, writers, command, order)
        else:
            with pytest.raises(InvalidInput, match=kind_of(command)):
                written(name, writers, command, order)


def check_only_protocol_errors(name: str, inputs: Sequence[Input]) -> None:
    for lenient in (False, True):
        check_inputs(PROTOCOLS[name], codec_of(name, lenient=lenient), inputs)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_what_once_broke_a_codec_does_so_no_more(name: str) -> None:
    for content in own_inputs(name):
        check_input(PROTOCOLS[name], content)


@pytest.mark.parametrize("name", PROTOCOLS)
@CALM
@given(data=st.lists(st.binary(max_size=300), max_size=4))
@example(data=[b'"\x80"', b'"\\ud800"', b"[" * 300])
def test_random_bytes_raise_only_protocol_errors(name: str, data: list[bytes]) -> None:
    inputs: list[Input] = list(data)
    for content in data:
        text = content.decode("latin-1")
        inputs += [HttpRequest("POST", "/", text, {}, content), Publish(text, content)]
        inputs += [Publish(topic, content) for topic in TOPICS]
    check_only_protocol_errors(name, inputs)


@pytest.mark.parametrize("name", STREAMED)
@CALM
@given(data=st.data())
def test_damaged_frames_raise_only_protocol_errors(name: str, data: st.DataObject) -> None:
    frames = [input_of(record, PROTOCOLS[name]) for record in records("decode", name)]
    if name in ENCODED:
        frames.append(encoded(name, POSITIONS))
    frame = data.draw(st.sampled_from(frames))
    assert isinstance(frame, bytes)
    damaged = bytearray(frame)
    for _ in range(data.draw(st.integers(0, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(damaged)))
    check_only_protocol_errors(name, [bytes(damaged[:end]), frame])


NAMES = st.sampled_from(
    [
        *("id", "lat", "lon", "timestamp", "speed", "location", "coords", "latitude", "battery"),
        *("_type", "tst", "vel", "tid", "topic", "fixTime", "latitudeDeg", "signals", "gear"),
        *("attributes", "extras", "level", "alarm", "eventCodes", "satellites", "sat", "event"),
    ]
)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("location")
)
DOCUMENTS = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)


@pytest.mark.parametrize("name", [name for name in PROTOCOLS if name not in STREAMED])
@CALM
@given(document=DOCUMENTS)
@example(document={"id": "1", "lat": "nan", "lon": "1"})
@example(document={"_type": "location", "tid": "x", "lat": 91, "lon": 0})
@example(document={"lat": 1, "lon": 1, "satellites": 10**30})
def test_strange_documents_raise_only_protocol_errors(name: str, document: object) -> None:
    body = json.dumps(document).encode()
    query = urlencode(document) if isinstance(document, dict) else ""
    inputs: list[Input] = [Publish(topic, body) for topic in TOPICS]
    inputs += [HttpRequest("POST", "/", "", {}, body), HttpRequest("GET", "/", query, {}, b"")]
    check_only_protocol_errors(name, inputs)


def test_the_documentation_is_what_the_code_says() -> None:
    assert protocol_page.PAGE.read_text() == protocol_page.page()
