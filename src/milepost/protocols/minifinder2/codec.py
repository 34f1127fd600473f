"""Eview's codec: cuts the frames, and reads each by the command that its body begins with.

Source: Eview, "EV-07B Protocol" 1.2, sections 2 and 3.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from milepost.domain.message import Message, MessageKind
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.minifinder2.configuration import read_configuration
from milepost.protocols.minifinder2.frame import (
    ACKNOWLEDGE,
    HEAD_BYTES,
    HEADER,
    PROTOCOL_NAME,
    elements,
    framed,
    opened,
)
from milepost.protocols.minifinder2.records import DEVICE_ID, Records, identity_of
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 16384
_DATA, _CONFIGURATION, _SERVICES, _SYSTEM, _RESPONSE = 0x01, 0x02, 0x03, 0x04, 0x7F
_HEARTBEAT, _TIME_REQUEST = 0x10, 0x12
_RECEIVED = bytes((_RESPONSE, 1, 0))


class Minifinder2Codec:
    """One connection of an Eview device, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(
            PROTOCOL_NAME, _measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """Received, where the frame asks for it; and the time, where that was asked for."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: the device keeps what nobody acknowledges."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if frame[0] != HEADER:
            raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {frame[:16].hex()}", offset=0)
        properties, number, body, damaged = opened(frame)
        if damaged and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"the checksum of frame {number} is wrong")
        message = _READERS.get(body[0], _unknown)(body, number, received_time_ms, damaged)
        if properties & ACKNOWLEDGE:
            answer = framed(number, _RECEIVED) + message.token
            return (msgspec.structs.replace(message, token=answer),)
        return (message,)


def _measure(data: bytes, start: int) -> int:
    if data[start] != HEADER:
        following = data.find(HEADER, start)
        return (following if following >= 0 else len(data)) - start
    if len(data) - start < HEAD_BYTES:
        return -HEAD_BYTES
    return HEAD_BYTES + int.from_bytes(data[start + 2 : start + 4], "little")


def _data(body: bytes, number: int, received_time_ms: int, damaged: bool) -> Message:
    del number
    records = Records(received_time_ms)
    for key, value in elements(body):
        records.read(key, value)
    positions = records.positions(damaged=damaged)
    kind: MessageKind = "positions" if positions else "login"
    return Message(kind, records.unique_id, positions, damaged=damaged)


def _configuration(body: bytes, number: int, received_time_ms: int, damaged: bool) -> Message:
    del number, received_time_ms
    unique_id, attributes = read_configuration(elements(body))
    return Message("other", unique_id, damaged=damaged, attributes=attributes)


def _services(body: bytes, number: int, received_time_ms: int, damaged: bool) -> Message:
    """A heartbeat with the battery's charge, or a request for the time."""
    unique_id, token = None, b""
    attributes: dict[str, str] = {}
    for key, value in elements(body):
        if key == DEVICE_ID:
            unique_id = identity_of(value)
        elif key == _HEARTBEAT:
            attributes["event"] = "heartbeat"
            if len(value) == 1:
                attributes["trackerBatteryPct"] = str(value[0])
        elif key == _TIME_REQUEST:
            attributes["event"] = "timeRequest"
            time_s = received_time_ms // 1000 & 0xFFFFFFFF
            answer = bytes((_SERVICES, 5, key)) + time_s.to_bytes(4, "little")
            token = framed(number, answer)
        else:
            attributes[f"service:{key:02x}"] = value.hex()
    return Message("heartbeat", unique_id, (), None, token, damaged, attributes)


def _system(body: bytes, number: int, received_time_ms: int, damaged: bool) -> Message:
    """What the device says to an order: its key, and for texts the answer in words."""
    del received_time_ms
    unique_id, text = None, None
    for key, value in elements(body):
        if key == DEVICE_ID and len(value) > 1:
            unique_id = identity_of(value)
        else:
            text = value.strip(b"\0").decode("utf-8", "replace") or f"{key:02x}"
    return Message("response", unique_id, text=text, damaged=damaged, reference=number)


def _response(body: bytes, number: int, received_time_ms: int, damaged: bool) -> Message:
    """The result of an order: 0 it was done, anything else why not."""
    del received_time_ms
    keys = [key for key, _ in elements(body)]
    if not keys:
        raise ProtocolError(PROTOCOL_NAME, "a response without a result")
    return Message(
        "response",
        text=str(keys[-1]),
        damaged=damaged,
        reference=number,
        accepted=keys[-1] == 0,
    )


def _unknown(body: bytes, number: int, received_time_ms: int, damaged: bool) -> Message:
    del number, received_time_ms
    attributes = {f"type:{body[0]:02x}": body[1:].hex()}
    return Message("other", damaged=damaged, attributes=attributes)


_READERS: Mapping[int, Callable[[bytes, int, int, bool], Message]] = {
    _DATA: _data,
    _CONFIGURATION: _configuration,
    _SERVICES: _services,
    _SYSTEM: _system,
    _RESPONSE: _response,
}
"""Command -> (body, number of the frame, time of reception, damaged) -> message."""
