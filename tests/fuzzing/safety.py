"""What must hold for any bytes whatever: only ProtocolError, and nothing out of range."""

import math
from collections.abc import Iterator, Sequence

from milepost.domain.alarm import ALARMS
from milepost.domain.message import Message
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
from tests.fuzzing.core import Core
from tests.protocols.vectors import RECEIVED_TIME_MS

# 2299-12-31, where the times of ClickHouse end.
_LATEST_TIME_MS = 10_413_791_999_999
_LENIENT = 0x80
_TOPICS = ("owntracks/me/phone", "milepost/truck-7/position", "", "a/b/c/d")
_CHUNK_BYTES = (1 << 20, 1, 7, 64)


def check_input(protocol: DeviceProtocol, content: bytes) -> list[Message]:
    """The first byte says how the rest comes: transport, size of the reads, leniency."""
    mode, data = content[0] if content else 0, content[1:]
    transport = protocol.transports[mode % len(protocol.transports)]
    codec = protocol.codec(CodecContext(transport, lenient=bool(mode & _LENIENT)))
    return check_inputs(protocol, codec, list(_inputs(transport, mode >> 2, data)))


def check_inputs(protocol: DeviceProtocol, codec: Codec, inputs: Sequence[Input]) -> list[Message]:
    """Nothing but ProtocolError is raised, what is decoded can be, and the core takes it.

    What the gate lets through comes back, for the engines.

    Raises:
        AssertionError: a message or position that cannot be.
    """
    core = Core(protocol.name)
    let_through = []
    for data in inputs:
        try:
            messages = codec.receive(data, RECEIVED_TIME_MS)
        except ProtocolError:
            continue
        for message in messages:
            check_message(codec, message)
            sound = core.take(message)
            if sound is not None:
                check_sound(sound)
                let_through.append(sound)
    return let_through


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
    """What the gate does not see to: answers, and the words of the vocabulary."""
    assert isinstance(codec.acknowledge(message), bytes)
    assert isinstance(codec.refuse(message), bytes)
    assert message.unique_id is None or message.unique_id
    check_texts(message.attributes)
    for position in message.positions:
        assert position.has_fix or not position.valid
        assert position.alarm is None or position.alarm in ALARMS
        assert all(path.startswith("Vehicle.") for path in position.signals)
        check_texts(position.attributes)


def check_sound(message: Message) -> None:
    """What the gate has let through: ranges by hand, not by the gate's own table."""
    assert message.reference is None or message.reference >= 0
    for position in message.positions:
        assert 0 <= position.fix_time_ms <= _LATEST_TIME_MS
        assert (position.latitude_deg is None) == (position.longitude_deg is None)
        assert position.latitude_deg is None or -90 <= position.latitude_deg <= 90
        assert position.longitude_deg is None or -180 <= position.longitude_deg <= 180
        assert position.course_deg is None or 0 <= position.course_deg <= 360
        assert position.speed_kmh is None or 0 <= position.speed_kmh <= 2000
        assert position.satellites is None or type(position.satellites) is int
        assert position.brake_pedal in (None, False, True)
        assert all(math.isfinite(value) for value in position.signals.values())
        assert position.has_fix or not position.valid


def check_texts(attributes: dict[str, str]) -> None:
    for name, value in attributes.items():
        assert isinstance(name, str) and isinstance(value, str), (name, value)
        value.encode()
