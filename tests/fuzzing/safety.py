"""What must hold for any bytes whatever: only ProtocolError, and nothing out of range."""

from collections.abc import Iterator, Sequence

from milepost.domain.alarm import ALARMS
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import (
    Codec,
    CodecContext,
    DeviceProtocol,
    HttpRequest,
    Input,
    Publish,
    Transport,
)
from tests.protocols.vectors import RECEIVED_TIME_MS

_LATEST_TIME_MS = 253_402_300_799_999
_LENIENT = 0x80
_TOPICS = ("owntracks/me/phone", "milepost/truck-7/position", "", "a/b/c/d")
_CHUNK_BYTES = (1 << 20, 1, 7, 64)


def check_input(protocol: DeviceProtocol, content: bytes) -> None:
    """The first byte says how the rest comes: transport, size of the reads, leniency."""
    mode, data = content[0] if content else 0, content[1:]
    transport = protocol.transports[mode % len(protocol.transports)]
    codec = protocol.codec(CodecContext(transport, lenient=bool(mode & _LENIENT)))
    check_inputs(codec, list(_inputs(transport, mode >> 2, data)))


def check_inputs(codec: Codec, inputs: Sequence[Input]) -> None:
    """Nothing but ProtocolError is raised, and what is decoded can be.

    Raises:
        AssertionError: a message or position that cannot be.
    """
    for data in inputs:
        try:
            messages = codec.receive(data, RECEIVED_TIME_MS)
        except ProtocolError:
            continue
        for message in messages:
            check_message(codec, message)


def _inputs(transport: Transport, mode: int, data: bytes) -> Iterator[Input]:
    if transport == "mqtt":
        yield Publish(_TOPICS[mode % len(_TOPICS)], data)
    elif transport == "http":
        text = data.decode("latin-1")
        post = HttpRequest("POST", "/", "", {}, data)
        yield HttpRequest("GET", "/", text, {}, b"") if mode % 2 else post
    elif transport == "udp":
        yield data
    else:
        size = _CHUNK_BYTES[mode % len(_CHUNK_BYTES)]
        yield from (data[at : at + size] for at in range(0, len(data), size))
        yield b""


def check_message(codec: Codec, message: Message) -> None:
    assert isinstance(codec.acknowledge(message), bytes)
    assert isinstance(codec.refuse(message), bytes)
    assert message.unique_id is None or message.unique_id
    assert message.reference is None or message.reference >= 0
    check_texts(message.attributes)
    for position in message.positions:
        check_position(position)


def check_position(position: Position) -> None:
    assert 0 <= position.fix_time_ms <= _LATEST_TIME_MS
    assert (position.latitude_deg is None) == (position.longitude_deg is None)
    assert position.latitude_deg is None or -90 <= position.latitude_deg <= 90
    assert position.longitude_deg is None or -180 <= position.longitude_deg <= 180
    assert position.course_deg is None or 0 <= position.course_deg <= 360
    assert position.speed_kmh is None or 0 <= position.speed_kmh < 1e308
    assert position.has_fix or not position.valid
    assert position.alarm is None or position.alarm in ALARMS
    check_texts(position.attributes)
    for path, value in position.signals.items():
        assert path.startswith("Vehicle.") and isinstance(value, int | float)


def check_texts(attributes: dict[str, str]) -> None:
    for name, value in attributes.items():
        assert isinstance(name, str) and isinstance(value, str), (name, value)
        value.encode()
