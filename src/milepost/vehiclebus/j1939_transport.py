"""Messages longer than eight bytes: announced to all (BAM) or agreed with one (RTS/CTS).

What a sender announces bounds the memory: at most 1785 bytes a message (SAE's own limit), at most
`MOST_SESSIONS` at a time; a silent one is forgotten. A recording holds both ends of an RTS/CTS
transfer, so a CTS here only says which packet comes next, as it does after a lost one.

Source: SAE J1939-21, section 5.10: TP.CM (PGN EC00) and TP.DT (PGN EB00).
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from milepost.errors import ProtocolError
from milepost.vehiclebus.j1939 import BROADCAST, Identifier, parse_id

PROTOCOL = "j1939"
CONNECTION_PGN = 0xEC00
DATA_PGN = 0xEB00

LEAST_BYTES = 9
MOST_BYTES = 1785
PACKET_BYTES = 7
MOST_SESSIONS = 64
# T1 and T2 are 0.75 s and 1.25 s; recorders and gateways add delays.
SILENCE_S = 2.0

_RTS, _CTS, _END, _BAM, _ABORT = 0x10, 0x11, 0x13, 0x20, 0xFF


class Message(NamedTuple):
    """A whole parameter group: who sent it, to whom, and its content."""

    identifier: Identifier
    data: bytes
    transport: str


_Key = tuple[str, int, int]


@dataclass
class _Session:
    identifier: Identifier
    size: int
    transport: str
    last_time_s: float
    data: bytearray = field(default_factory=bytearray)
    next_packet: int = 1


class Reassembler:
    """Transfers under way, by bus, source and destination."""

    def __init__(self) -> None:
        self._sessions: dict[_Key, _Session] = {}

    def __len__(self) -> int:
        """How many transfers are under way."""
        return len(self._sessions)

    def receive(
        self, identifier: Identifier, data: bytes, time_s: float, bus: str = ""
    ) -> Message | None:
        """Take a TP.CM or TP.DT frame; the message, once it is whole.

        Raises:
            ProtocolError: the frame contradicts what was announced. Its transfer is given up.
        """
        if len(data) != 8:
            raise ProtocolError(PROTOCOL, f"a transport frame has {len(data)} bytes, not 8")
        forth = (bus, identifier.source, identifier.destination)
        if identifier.pgn == DATA_PGN:
            return self._packet(forth, data, time_s)
        back = (bus, identifier.destination, identifier.source)
        if data[0] in (_RTS, _BAM):
            self._open(forth, identifier, data, time_s)
        elif data[0] == _CTS:
            self._clear_to_send(back, data, time_s)
        elif data[0] in (_END, _ABORT):
            # The end is the receiver's word; either side may abort.
            self._sessions.pop(back, None)
            if data[0] == _ABORT:
                self._sessions.pop(forth, None)
        else:
            raise ProtocolError(PROTOCOL, f"there is no transport control {data[0]:02X}")
        return None

    def _open(self, key: _Key, identifier: Identifier, data: bytes, time_s: float) -> None:
        size = int.from_bytes(data[1:3], "little")
        if not LEAST_BYTES <= size <= MOST_BYTES:
            raise ProtocolError(PROTOCOL, f"{size} bytes announced, not 9 to {MOST_BYTES}")
        if data[3] != -(-size // PACKET_BYTES):
            raise ProtocolError(PROTOCOL, f"{data[3]} packets announced for {size} bytes")
        is_to_all = data[0] == _BAM
        if is_to_all != (identifier.destination == BROADCAST):
            kind = "BAM to one address" if is_to_all else "RTS to all"
            raise ProtocolError(PROTOCOL, kind)
        carried = _carried(identifier, int.from_bytes(data[5:8], "little"))
        self._sessions.pop(key, None)
        self._make_room(time_s)
        transport = "BAM" if is_to_all else "RTS/CTS"
        self._sessions[key] = _Session(carried, size, transport, time_s)

    def _make_room(self, time_s: float) -> None:
        if len(self._sessions) < MOST_SESSIONS:
            return
        for key in [k for k, s in self._sessions.items() if _is_silent(s, time_s)]:
            del self._sessions[key]
        if len(self._sessions) >= MOST_SESSIONS:
            raise ProtocolError(PROTOCOL, f"more than {MOST_SESSIONS} transfers at a time")

    def _clear_to_send(self, key: _Key, data: bytes, time_s: float) -> None:
        """The receiver asks for packets; a number of 0 only asks the sender to wait."""
        session = self._sessions.get(key)
        if session is None:
            return
        session.last_time_s = time_s
        if data[1] == 0:
            return
        if not 1 <= data[2] <= session.next_packet:
            del self._sessions[key]
            raise ProtocolError(PROTOCOL, f"packet {data[2]} asked for before those that precede")
        session.next_packet = data[2]
        del session.data[(data[2] - 1) * PACKET_BYTES :]

    def _packet(self, key: _Key, data: bytes, time_s: float) -> Message | None:
        session = self._sessions.get(key)
        if session is None:
            raise ProtocolError(PROTOCOL, "a packet of a transfer that was not announced")
        if _is_silent(session, time_s) or data[0] != session.next_packet:
            del self._sessions[key]
            late = f"{time_s - session.last_time_s:.1f} s later"
            came = f"packet {data[0]} came, {session.next_packet} is next, {late}"
            raise ProtocolError(PROTOCOL, came)
        session.data += data[1:]
        session.next_packet += 1
        session.last_time_s = time_s
        if len(session.data) < session.size:
            return None
        del self._sessions[key]
        whole = bytes(session.data[: session.size])
        return Message(session.identifier, whole, session.transport)


def _is_silent(session: _Session, time_s: float) -> bool:
    return not 0 <= time_s - session.last_time_s <= SILENCE_S


def _carried(identifier: Identifier, pgn: int) -> Identifier:
    """The identifier that the message would have if it fitted into a frame."""
    parsed = parse_id(identifier.priority << 26 | (pgn & 0x3FFFF) << 8 | identifier.source)
    return parsed._replace(destination=identifier.destination)
