"""TK103's frames: `(`, identity, a code of four characters, content, `)`.

Source: "GPRS Communication Protocol" KX402 1.5, section 2; captured frames.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.tk103.battery import read_cell_voltages, read_daly
from milepost.protocols.tk103.contents import (
    read_alarm,
    read_charge,
    read_diagnostics,
    read_identification,
)
from milepost.protocols.tk103.events import EVENTS
from milepost.protocols.tk103.fix import read_fix
from milepost.protocols.tk103.frame import PROTOCOL_NAME, Frame
from milepost.protocols.tk103.network import read_cells, read_network
from milepost.protocols.wire.clock import utc_offset_s
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.report import Report

MAX_BUFFER_BYTES = 4096
_BEGIN, _END, _QUOTE = b"(", b")", b"$)"
_LISTED_HEAD = re.compile(r"([0-9A-Za-z]{1,20}),([A-Z]{2}[0-9A-Z]{2})(?:,|$)")
_JOINED_HEAD = re.compile(r"([0-9A-Za-z]{8,16}?)([A-Z]{2}[0-9]{2})")
_VOLTAGE = re.compile(r"HSO([0-9A-Fa-f]{4})")
_HANDSHAKE, _LOGIN, _ALARM = "BP00", "BP05", "BO01"

_READERS: Mapping[str, Callable[[Frame, Report], bool]] = {
    "BV00": read_identification,
    "BS50": read_cell_voltages,
    "BS51": read_daly,
    "BZ00": read_cells,
    "BQ81": read_alarm,
    "BQ86": read_diagnostics,
    "ZC20": read_charge,
}
"""What reads a code's content; False: it is something else."""


class Tk103Codec:
    """One TK103 connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._offset_ms = utc_offset_s(context.options) * 1000
        self._stream = FrameStream(
            PROTOCOL_NAME, _measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """`AP01HSO` for a handshake, `AP05` for a login, `AS01` for an alarm; else nothing."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: without an answer the device logs in again."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if not frame.startswith(_BEGIN):
            if not frame.strip():
                return ()
            raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {frame[:16]!r}", offset=0)
        if not frame.endswith(_END):
            raise ProtocolError(PROTOCOL_NAME, f"no end closes {frame[:40]!r}")
        text = frame[1:-1].decode("latin-1")
        head = _LISTED_HEAD.match(text) or _JOINED_HEAD.match(text)
        if head is None:
            raise ProtocolError(PROTOCOL_NAME, f"no identity and code begin {text[:24]!r}")
        is_listed = head.re is _LISTED_HEAD
        content = text[head.end() :]
        parts = Frame(
            head[1], head[2], content, is_listed, received_time_ms, offset_ms=self._offset_ms
        )
        return (_message(parts),)


def _measure(data: bytes, start: int) -> int:
    """To the first bracket that closes; `$)` opens a text that the next `$)` ends."""
    if data[start] != _BEGIN[0]:
        begin = data.find(_BEGIN, start)
        return (begin if begin >= 0 else len(data)) - start
    end = data.find(_END, start)
    if end > start and data[end - 1] == _QUOTE[0]:
        end = data.find(_QUOTE, end + 1)
        end = end + 1 if end >= 0 else -1
    return end + 1 - start if end >= 0 else -(len(data) - start + 1)


def _message(frame: Frame) -> Message:
    if frame.code == _HANDSHAKE:
        return _handshake(frame)
    if frame.is_listed and "$" in frame.content:
        return _answer(frame, frame.content.partition("$")[2].removeprefix(")").rstrip("$"))
    report = Report(frame.received_time_ms)
    read = _READERS.get(frame.code)
    if not (
        (read is not None and read(frame, report))
        or read_fix(frame, report)
        or (frame.is_listed and read_network(frame, report))
        or read_cells(frame, report)
    ):
        return _placeless(frame, report)
    _event(frame, report)
    return Message("positions", frame.unique_id, (report.position(),), token=_token(frame, report))


def _placeless(frame: Frame, report: Report) -> Message:
    """A login, an event, or what the device answers to a command."""
    if frame.code == _LOGIN:
        return Message("login", frame.unique_id, token=_token(frame, report))
    if frame.code in EVENTS:
        _event(frame, report)
        return Message("positions", frame.unique_id, (report.position(),))
    return _answer(frame, frame.code + frame.content)


def _answer(frame: Frame, text: str) -> Message:
    if not text.replace("\r", "").replace("\n", "").isprintable():
        raise ProtocolError(PROTOCOL_NAME, f"a text that is not printable: {text[:40]!r}")
    return Message("response", frame.unique_id, text=text)


def _handshake(frame: Frame) -> Message:
    """`HSO`, with the IMEI before it and the tracker's battery in 10 mV after it."""
    token = f"({frame.unique_id}AP01HSO)".encode("ascii")
    voltage = _VOLTAGE.search(frame.content)
    if voltage is None:
        return Message("heartbeat", frame.unique_id, token=token)
    status = Report(frame.received_time_ms)
    status.note("trackerBatteryV", int(voltage[1], 16) / 100)
    return Message("heartbeat", frame.unique_id, (status.position(),), token=token)


def _event(frame: Frame, report: Report) -> None:
    meaning = EVENTS.get(frame.code)
    if meaning is None:
        return
    report.event(frame.code)
    report.alarm(meaning.alarm)
    if meaning.ignition is not None:
        report.fields["ignition"] = meaning.ignition


def _token(frame: Frame, report: Report) -> bytes:
    if frame.code == _LOGIN:
        return f"({frame.unique_id}AP05)".encode("ascii")
    if frame.code == _ALARM:
        kinds = report.fields.get("event_codes", ("",))
        # As the frame was read: the kind goes back to the device as it came.
        return f"({frame.unique_id}AS01{kinds[0]})".encode("latin-1")
    return b""
