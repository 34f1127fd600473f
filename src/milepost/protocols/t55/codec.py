"""T55's lines: sentences and identities, in any order."""

import re
from collections.abc import Sequence

from msgspec import structs

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.t55.makers import (
    IDENTITIES,
    identity_of,
    read_cell,
    read_connect,
    read_network,
    read_qze,
    read_wmcs,
)
from milepost.protocols.t55.sentences import OF_MAKERS, PROTOCOL_NAME, STANDARD, whole
from milepost.protocols.wire.digit_times import DAY_MS
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.nmea import Sentence
from milepost.protocols.wire.report import Report

MAX_BUFFER_BYTES = 4096
_LINE_END = re.compile(rb"[\r\n\x00]+")
_BARE_IDENTITY = re.compile(r"(?=\w*\d)[0-9A-Za-z]{6,24}")
_NAMED_IDENTITY = re.compile(r"IMEI[ :=]?([0-9A-Za-z]{6,24})")
_BEFORE_SENTENCE = re.compile(r"[0-9A-Za-z_.-]{3,32}")
_STANDARD_NAME = re.compile(r"[A-Z]{2}([A-Z]{3})")
_EVENT_TAIL = re.compile(r",(\d{1,5}),(\d{15}),([01]),(\d{1,5}),(\d{1,5})(?:,(.*))?")
_SILENT_LINES = ("*", "No GPS info")
_LATEST_MS = 253_402_300_799_000
_ANSWER = b"OK1\r\n"


class T55Codec:
    """One connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(
            PROTOCOL_NAME, _measure, self._line, MAX_BUFFER_BYTES, context.transport
        )
        self._moment: Report | None = None

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """OK1 for an RMC sentence; nothing else is answered."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing."""
        del message
        return b""

    def _line(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        line = frame.decode("latin-1").strip("\r\n\0 \t")
        if not line:
            return ()
        if not (line.isascii() and line.isprintable()):
            raise ProtocolError(PROTOCOL_NAME, f"no line of text begins with {frame[:16]!r}")
        before, dollar, sentence = line.partition("$")
        if not dollar:
            return self._plain(line, received_time_ms)
        identity = _identity_before(before)
        return (self._sentence(Sentence(sentence), identity, received_time_ms),)

    def _plain(self, line: str, received_time_ms: int) -> Sequence[Message]:
        """A line that is no sentence."""
        if line.startswith("QZE,"):
            identity, report = read_qze(line.split(",")[1:], received_time_ms)
            return (_reported(report.position(), identity),)
        cell = read_cell(line)
        if cell is not None:
            return (cell,)
        named = _NAMED_IDENTITY.fullmatch(line)
        if named is not None:
            return (Message("login", named[1]),)
        if _BARE_IDENTITY.fullmatch(line):
            return (Message("login", line),)
        if line.startswith(_SILENT_LINES):
            return (Message("other"),)
        raise ProtocolError(PROTOCOL_NAME, f"no line of the protocol: {line[:40]!r}")

    def _sentence(self, sentence: Sentence, identity: str | None, received_time_ms: int) -> Message:
        if not (sentence.intact or self._lenient):
            raise ProtocolError(PROTOCOL_NAME, f"checksum of {sentence.fields[0]!r} is wrong")
        name, fields = sentence.fields[0].strip(), sentence.fields[1:]
        found = _STANDARD_NAME.fullmatch(name)
        kind = name if found is None else found[1]
        read = OF_MAKERS.get(name) or STANDARD.get(kind)
        if read is None:
            message = _without_place(name, kind, fields, received_time_ms)
            return message if sentence.intact else structs.replace(message, damaged=True)
        reference_ms = self._moment.fields["fix_time_ms"] if self._moment else received_time_ms
        report = read(fields, reference_ms)
        if report.fields["fix_time_ms"] > _LATEST_MS:
            raise ProtocolError(PROTOCOL_NAME, "the time is beyond the year 9999")
        identity = _read_tail(sentence.tail, report) or identity
        self._combine(report)
        token = _ANSWER if kind == "RMC" else b""
        return _reported(report.position(damaged=not sentence.intact), identity, token)

    def _combine(self, report: Report) -> None:
        """Sentences of one instant complete each other; the receiver sends them in a row."""
        last, self._moment = self._moment, report
        if last is None:
            return
        apart_ms = report.fields["fix_time_ms"] - last.fields["fix_time_ms"]
        if apart_ms % DAY_MS == 0:
            validity = report if "latitude_deg" in report.fields else last
            valid = validity.fields["valid"]
            report.fields = {**last.fields, **report.fields, "valid": valid}
            report.attributes = {**last.attributes, **report.attributes}


def _measure(data: bytes, start: int) -> int:
    end = _LINE_END.search(data, start)
    return -(len(data) - start + 1) if end is None else end.end() - start


def _identity_before(text: str) -> str | None:
    """The last word before the sentence: `1234$`, `4711/1234/$`, `%1234,$`."""
    words = _BEFORE_SENTENCE.findall(text)
    return words[-1] if words else None


def _reported(position: Position, identity: str | None, token: bytes = b"") -> Message:
    return Message("positions", identity, (position,), token=token, damaged=position.damaged)


def _without_place(name: str, kind: str, fields: Sequence[str], received_time_ms: int) -> Message:
    """Identities, makers' own reports, texts, and sentences that say nothing of a place."""
    if name in IDENTITIES:
        return Message("login", identity_of(name, fields))
    if name.startswith("IMEI="):
        return Message("login", identity_of("IMEI", [name[5:]]))
    if name == "CONNECT":
        identity, attributes = read_connect(fields)
        return Message("login", identity, attributes=attributes)
    if name == "ID":
        identity, report = read_wmcs(fields, received_time_ms)
        return Message("positions", identity, (report.position(),))
    if kind == "TXT":
        return read_network(fields)
    if not (name.isalnum() and name.isupper()):
        raise ProtocolError(PROTOCOL_NAME, f"no sentence has the name {name[:20]!r}")
    return Message("other")


def _read_tail(tail: str, report: Report) -> str | None:
    """Behind an RMC: event, IMEI, ignition, fuel and the tracker's charge in percent, the rest."""
    found = _EVENT_TAIL.fullmatch(tail)
    if found is None:
        if tail.strip():
            report.note("extra", tail.strip(" ,"))
        return None
    event, identity, ignition, fuel, charge, rest = found.groups()
    report.event(event)
    report.fields["ignition"] = ignition == "1"
    if int(fuel) <= 100:
        report.fields["fuel_level_pct"] = float(fuel)
    if int(charge) <= 100:
        report.note("trackerBatteryPct", whole("charge", charge))
    if rest:
        report.note("extra", rest)
    return identity
