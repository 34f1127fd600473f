"""Frames in, signals out: OBD-II and UDS answers, J1939, and a customer's own DBC file.

Every frame goes to all that know it. What contradicts a standard is counted by reason and does not
stop the rest. Memory is bounded by what the transports allow.

Source: ISO 15765-4, section 10 (identifiers 7E8 to 7EF, 18DAF1xx); SAE J1939-21.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator

import msgspec

from milepost.errors import ProtocolError
from milepost.vehiclebus import isotp, j1939, j1939_transport, obd, uds
from milepost.vehiclebus.dbc import SignalFile
from milepost.vehiclebus.frame import Frame
from milepost.vehiclebus.reading import Reading

# ISO 15765-4: answers of up to eight control units, and of any on 29 bits to the tester F1.
OBD_ANSWER_IDS = range(0x7E8, 0x7F0)
_DIAGNOSTIC_PGN = 0xDA00
_TESTER = 0xF1

_OBD_SERVICES = range(0x41, 0x4B)
_MOST_REASONS = 1000


class Signal(msgspec.Struct, frozen=True, gc=False):
    """A reading with its time and its origin.

    `source` is who sent it: a standard and an identifier, `obd 7E8` or `j1939 00`.
    """

    time_s: float
    bus: str
    source: str
    reading: Reading


class Transfer(msgspec.Struct, frozen=True, gc=False):
    """A message that came in several frames, put together again."""

    time_s: float
    bus: str
    source: str
    label: str
    data: bytes
    transport: str


class BusDecoder:
    """One recording's or one vehicle's buses.

    Args:
        signal_file: a customer's own signals.
        isotp_ids: identifiers of 11 bits that carry ISO-TP, beside 7E8 to 7EF.
        on_transfer: told of every message that came in several frames.
    """

    def __init__(
        self,
        signal_file: SignalFile | None = None,
        isotp_ids: Collection[int] = (),
        on_transfer: Callable[[Transfer], None] | None = None,
    ) -> None:
        self._signal_file = signal_file
        own = signal_file.isotp_ids if signal_file is not None else frozenset()
        self._isotp_ids = frozenset(isotp_ids) | own | frozenset(OBD_ANSWER_IDS)
        self._isotp = isotp.Reassembler()
        self._j1939 = j1939_transport.Reassembler()
        self._on_transfer = on_transfer
        self.refused: Counter[str] = Counter()

    def decode(self, frame: Frame) -> Iterator[Signal]:
        """The signals that are complete with this frame."""
        if frame.is_extended:
            yield from self._extended(frame)
        elif frame.can_id in self._isotp_ids:
            yield from self._diagnostic(frame, f"{frame.can_id:03X}")
        else:
            yield from self._own(frame, frame.data)

    def _extended(self, frame: Frame) -> Iterator[Signal]:
        identifier = j1939.parse_id(frame.can_id)
        if identifier.pgn == _DIAGNOSTIC_PGN:
            if identifier.destination == _TESTER:
                yield from self._diagnostic(frame, f"{frame.can_id:08X}")
        elif identifier.pgn in (j1939_transport.CONNECTION_PGN, j1939_transport.DATA_PGN):
            yield from self._transported(frame, identifier)
        else:
            yield from self._group(frame, identifier, frame.data)
            yield from self._own(frame, frame.data)

    def _transported(self, frame: Frame, identifier: j1939.Identifier) -> Iterator[Signal]:
        try:
            message = self._j1939.receive(identifier, frame.data, frame.time_s, frame.bus)
        except ProtocolError as error:
            self._refuse(error)
            return
        if message is None:
            return
        source = f"j1939 {identifier.source:02X}"
        label = j1939.label_of(message.identifier.pgn)
        self._tell(frame, source, label, message.data, message.transport)
        yield from self._group(frame, message.identifier, message.data)
        yield from self._own(_renamed(frame, message.identifier), message.data)

    def _group(self, frame: Frame, identifier: j1939.Identifier, data: bytes) -> Iterator[Signal]:
        source = f"j1939 {identifier.source:02X}"
        try:
            readings = j1939.read_pgn(identifier.pgn, data)
        except ProtocolError as error:
            self._refuse(error)
            return
        for reading in readings:
            yield Signal(frame.time_s, frame.bus, source, reading)

    def _diagnostic(self, frame: Frame, identity: str) -> Iterator[Signal]:
        try:
            payload = self._isotp.receive(frame)
        except ProtocolError as error:
            self._refuse(error)
            return
        if payload is None:
            return
        if len(payload) > len(frame.data) - 1:
            self._tell(frame, f"obd {identity}", f"SID {payload[0]:02X}", payload, "ISO-TP")
        yield from self._answer(frame, identity, payload)
        # DBC files lay a message out from its length byte on.
        yield from self._own(frame, bytes((len(payload) & 0xFF,)) + payload)

    def _answer(self, frame: Frame, identity: str, payload: bytes) -> Iterator[Signal]:
        is_obd = payload[0] in _OBD_SERVICES
        if not is_obd and not uds.is_answer(payload):
            return
        source = f"{'obd' if is_obd else 'uds'} {identity}"
        try:
            readings = obd.read_answer(payload) if is_obd else uds.read_answer(payload)
        except ProtocolError as error:
            self._refuse(error)
            return
        for reading in readings:
            yield Signal(frame.time_s, frame.bus, source, reading)

    def _own(self, frame: Frame, data: bytes) -> Iterator[Signal]:
        if self._signal_file is None:
            return
        readings = self._signal_file.read(frame.can_id, data, is_extended=frame.is_extended)
        digits = 8 if frame.is_extended else 3
        for reading in readings:
            yield Signal(frame.time_s, frame.bus, f"dbc {frame.can_id:0{digits}X}", reading)

    def _tell(self, frame: Frame, source: str, label: str, data: bytes, transport: str) -> None:
        if self._on_transfer is not None:
            transfer = Transfer(frame.time_s, frame.bus, source, label, data, transport)
            self._on_transfer(transfer)

    def _refuse(self, error: ProtocolError) -> None:
        reason = str(error)
        if reason in self.refused or len(self.refused) < _MOST_REASONS:
            self.refused[reason] += 1


def _renamed(frame: Frame, identifier: j1939.Identifier) -> Frame:
    """The frame under the identifier that its message would have, were it short."""
    return Frame(frame.time_s, frame.bus, identifier.can_id, is_extended=True, data=frame.data)
