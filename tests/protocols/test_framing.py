"""What the cutting of bytes promises to every protocol."""

import pytest

from milepost import protocols
from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, DeviceProtocol, HttpRequest
from milepost.protocols.wire.framing import FrameStream
from milepost.registry import discover
from tests.protocols.vectors import RECEIVED_TIME_MS, input_of, options_of, records

PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)
OVER_UDP = [name for name, protocol in PROTOCOLS.items() if "udp" in protocol.transports]
# Below this, a datagram may be the blanks or flags that devices send between frames.
_FEWEST_BYTES = 6
_HEAD_BYTES = 24


def lines(frame: bytes, _received_time_ms: int) -> list[Message]:
    if not frame.endswith(b"\n"):
        raise ProtocolError("lines", f"no end closes {frame!r}")
    return [Message("other", text=frame.decode())]


def to_line_end(data: bytes, start: int) -> int:
    end = data.find(b"\n", start)
    return end + 1 - start if end >= 0 else -(len(data) - start + 1)


def test_a_stream_waits_for_the_rest_of_a_frame_and_a_datagram_has_none() -> None:
    stream = FrameStream("lines", to_line_end, lines, 100)
    assert list(stream.receive(b"ab", 0)) == []
    assert [message.text for message in stream.receive(b"c\n", 0)] == ["abc\n"]
    datagram = FrameStream("lines", to_line_end, lines, 100, "udp")
    assert [message.text for message in datagram.receive(b"ab\ncd", 0)] == ["ab\n"]
    with pytest.raises(ProtocolError, match="no end closes"):
        datagram.receive(b"", 0)


def test_rejects_what_is_no_bytes() -> None:
    stream = FrameStream("lines", to_line_end, lines, 100)
    with pytest.raises(ProtocolError, match="bytes are expected"):
        stream.receive(HttpRequest("GET", "/", "", {}, b""), 0)


def said(name: str, data: bytes, options: dict[str, str], *, lenient: bool) -> bool:
    """Whether a datagram gives messages, or an error says why not."""
    codec = PROTOCOLS[name].codec(CodecContext("udp", lenient, options))
    try:
        return bool(codec.receive(data, RECEIVED_TIME_MS))
    except ProtocolError:
        return True


@pytest.mark.parametrize("name", OVER_UDP)
def test_a_datagram_that_ends_within_a_frame_is_not_passed_over(name: str) -> None:
    silent = []
    for record in records("decode", name):
        data, options = input_of(record, PROTOCOLS[name]), options_of(record)
        assert isinstance(data, bytes)
        for end in {*range(1, _HEAD_BYTES), len(data) // 2, len(data) - 3, len(data) - 1}:
            for lenient in (False, True):
                is_said = said(name, data[:end], options, lenient=lenient)
                if end >= _FEWEST_BYTES and not is_said:
                    silent.append((record["instance"], record["seq"], data[:end]))
    assert silent == []
