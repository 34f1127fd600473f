"""Diagnostic messages longer than a frame: single, first and consecutive frames put together.

Memory is bounded: at most 4095 bytes a message (classic CAN's limit), at most `MOST_SESSIONS` at a
time; a silent one is forgotten. Flow control is the receiver's, and carries nothing.

Source: ISO 15765-2:2016, sections 8 and 9 (normal and extended addressing, classic CAN).
"""

from dataclasses import dataclass, field

from milepost.errors import ProtocolError
from milepost.vehiclebus.frame import Frame

PROTOCOL = "isotp"
MOST_BYTES = 4095
MOST_SESSIONS = 64
# N_Cr is 1 s; recorders and gateways add delays.
SILENCE_S = 2.0

_SINGLE, _FIRST, _CONSECUTIVE, _FLOW_CONTROL = range(4)
Address = tuple[str, int, bool, int]


@dataclass
class _Session:
    size: int
    last_time_s: float
    data: bytearray = field(default_factory=bytearray)
    next_number: int = 1


class Reassembler:
    """The messages of any number of identifiers.

    Args:
        has_address_byte: extended addressing, where the first byte names the target.
    """

    def __init__(self, *, has_address_byte: bool = False) -> None:
        self._head = int(has_address_byte)
        self._sessions: dict[Address, _Session] = {}

    def __len__(self) -> int:
        """How many messages are under way."""
        return len(self._sessions)

    def receive(self, frame: Frame) -> bytes | None:
        """Take a frame; the message, once it is whole.

        Raises:
            ProtocolError: the frame contradicts the standard or the frames before it. Its message
                is given up.
        """
        data = frame.data[self._head :]
        if not data:
            raise ProtocolError(PROTOCOL, "an empty frame")
        target = frame.data[0] if self._head else -1
        address = (frame.bus, frame.can_id, frame.is_extended, target)
        kind = data[0] >> 4
        if kind == _SINGLE:
            return self._single(address, data)
        if kind == _FIRST:
            self._first(address, data, frame.time_s)
            return None
        if kind == _CONSECUTIVE:
            return self._consecutive(address, data, frame.time_s)
        if kind != _FLOW_CONTROL:
            raise ProtocolError(PROTOCOL, f"there is no frame type {kind:X}")
        return None

    def _single(self, address: Address, data: bytes) -> bytes:
        self._sessions.pop(address, None)
        size = data[0] & 0xF
        if not 0 < size < len(data):
            raise ProtocolError(PROTOCOL, f"a single frame of {size} bytes in {len(data) - 1}")
        return data[1 : 1 + size]

    def _first(self, address: Address, data: bytes, time_s: float) -> None:
        self._sessions.pop(address, None)
        if len(data) != 8 - self._head:
            raise ProtocolError(PROTOCOL, f"a first frame of {len(data)} bytes")
        size = (data[0] & 0xF) << 8 | data[1]
        if size < len(data):
            raise ProtocolError(PROTOCOL, f"a first frame announces {size} bytes")
        self._make_room(time_s)
        self._sessions[address] = _Session(size, time_s, bytearray(data[2:]))

    def _make_room(self, time_s: float) -> None:
        if len(self._sessions) < MOST_SESSIONS:
            return
        for address in [a for a, s in self._sessions.items() if _is_silent(s, time_s)]:
            del self._sessions[address]
        if len(self._sessions) >= MOST_SESSIONS:
            raise ProtocolError(PROTOCOL, f"more than {MOST_SESSIONS} messages at a time")

    def _consecutive(self, address: Address, data: bytes, time_s: float) -> bytes | None:
        session = self._sessions.get(address)
        if session is None:
            raise ProtocolError(PROTOCOL, "a consecutive frame without a first one")
        number = data[0] & 0xF
        if _is_silent(session, time_s) or number != session.next_number:
            del self._sessions[address]
            late = f"{time_s - session.last_time_s:.1f} s later"
            came = f"frame {number} came, {session.next_number} is next, {late}"
            raise ProtocolError(PROTOCOL, came)
        return self._append(address, session, data[1:], time_s)

    def _append(
        self, address: Address, session: _Session, content: bytes, time_s: float
    ) -> bytes | None:
        missing = session.size - len(session.data)
        if len(content) < min(missing, 7 - self._head):
            del self._sessions[address]
            raise ProtocolError(PROTOCOL, f"a consecutive frame of {len(content)} bytes")
        session.data += content[:missing]
        session.next_number = session.next_number + 1 & 0xF
        session.last_time_s = time_s
        if len(session.data) < session.size:
            return None
        del self._sessions[address]
        return bytes(session.data)


def _is_silent(session: _Session, time_s: float) -> bool:
    return not 0 <= time_s - session.last_time_s <= SILENCE_S
