"""AIS-140's packets to messages.

Source: AIS-140 (Automotive Research Association of India), annexes on the protocol; captured
frames.
"""

from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.its.frame import (
    BEGIN,
    LONGEST_BYTES,
    PROTOCOL_NAME,
    checksum_holds,
    measure,
)
from milepost.protocols.its.place import (
    place_at,
    read_motion,
    read_place,
    read_radio,
    read_rest,
    read_type,
)
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.report import Report

MAX_BUFFER_BYTES = 4096
_IMEI_DIGITS = 15
_LAST_IDENTITY_AT = 9
_LONGEST_TAIL_BYTES = 64
_ALERT_NAMES = frozenset({"EMR", "SEM"})
_HEALTH = frozenset({"HMP", "HLM", "HP", "HEL", "HLT", "HBT", "02"})
_HEALTH_NAMES = (
    "trackerBatteryPct",
    "field:lowBatteryPct",
    "field:memoryPct",
    "field:intervalOnS",
    "field:intervalOffS",
    "inputs",
)
_LOGIN_BEGIN, _LOGIN_ANSWER = b"$,01,", b"$,1,*"


class ItsCodec:
    """One AIS-140 device's connection."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._heard = False
        self._stream = FrameStream(
            PROTOCOL_NAME, measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """`$,1,*` for a login that begins `$,01,`; nothing for anything else."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if frame[0] != BEGIN:
            return self._between(frame)
        if len(frame) >= LONGEST_BYTES:
            raise ProtocolError(PROTOCOL_NAME, f"a frame without an end: {frame[:40]!r}")
        damaged = not checksum_holds(frame)
        if damaged and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"wrong checksum in {frame[-12:]!r}")
        message = _message(frame, received_time_ms, damaged=damaged)
        self._heard = True
        return (message,)

    def _between(self, frame: bytes) -> Sequence[Message]:
        """After a frame, what some makers write behind their star says nothing."""
        if not frame.strip():
            return ()
        is_tail = self._heard and len(frame) <= _LONGEST_TAIL_BYTES
        if is_tail and frame.decode("latin-1").strip().isprintable():
            return ()
        raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {frame[:16]!r}", offset=0)


def _message(frame: bytes, received_time_ms: int, *, damaged: bool) -> Message:
    text = _text(frame)
    if not text.isprintable():
        raise ProtocolError(PROTOCOL_NAME, f"a frame that is not printable: {frame[:40]!r}")
    fields = text.split(",")
    if not fields[0]:
        del fields[0]
    identity_at = _identity_at(fields)
    unique_id = fields[identity_at]
    report = _report(fields, identity_at, received_time_ms)
    if report is None:
        token = _LOGIN_ANSWER if frame.startswith(_LOGIN_BEGIN) else b""
        return Message("login", unique_id, token=token, damaged=damaged)
    return Message("positions", unique_id, (report.position(damaged=damaged),), damaged=damaged)


def _text(frame: bytes) -> str:
    """Without the star and what follows it, and without a checksum that is a raw byte."""
    text = frame.decode("latin-1").strip("$ ")
    star = text.rfind("*")
    if star >= 0:
        text = text[:star]
    is_raw = text[-2:-1] == "," and not (text[-1].isascii() and text[-1].isalnum())
    return text[:-1] if is_raw else text


def _identity_at(fields: Sequence[str]) -> int:
    for at, field in enumerate(fields[:_LAST_IDENTITY_AT]):
        if len(field) == _IMEI_DIGITS and field.isascii() and field.isdecimal():
            return at
    raise ProtocolError(PROTOCOL_NAME, f"an IMEI is due in {','.join(fields[:8])[:60]!r}")


def _report(fields: list[str], identity_at: int, received_time_ms: int) -> Report | None:
    """The report of a frame; None for a login."""
    place = place_at(fields, identity_at)
    if place < 0:
        is_health = fields[0] in _HEALTH or fields[0].endswith("HP")
        return _health(fields[identity_at + 1 :], received_time_ms) if is_health else None
    alert = fields[identity_at - 1] if identity_at else ""
    if alert in _ALERT_NAMES:
        return _emergency(fields, identity_at, place, alert)
    report = read_place(fields, identity_at, place)
    if report is None:
        return None
    _kind(fields[:identity_at], report)
    read_rest(fields[place + 4 :], report)
    return report


def _kind(before: Sequence[str], report: Report) -> None:
    """Firmware, kind, number (some leave it away), and whether the report is live or history."""
    state = before[-1] if before else ""
    if state not in ("L", "H"):
        return
    if state == "H":
        report.attributes["archive"] = "true"
    number = before[-2] if len(before) > 1 else ""
    at = -3 if number[:1].isdecimal() else -2
    if len(before) >= -at:
        read_type(before[at], number if at == -3 else "", report)
    if len(before) >= 1 - at and before[at - 1]:
        report.attributes["firmware"] = before[at - 1]


def _emergency(fields: list[str], identity_at: int, place: int, alert: str) -> Report | None:
    """The button for help: pressed or let go; altitude, speed, distance, provider, number plate."""
    state = fields.pop(identity_at + 1)
    report = read_place(fields, identity_at, place - 1)
    if report is None:
        return None
    report.event(alert)
    if alert == "EMR":
        report.alarm("sos")
    if state == "SP":
        report.attributes["archive"] = "true"
    rest = fields[place + 3 :]
    read_motion(rest, 1, -1, 0, report)
    if len(rest) > 4 and rest[4].strip("NA0"):
        report.attributes["registrationNumber"] = rest[4]
    if len(rest) > 7:
        read_radio(["", *rest[6:]], report)
    return report


def _health(fields: Sequence[str], received_time_ms: int) -> Report:
    report = Report(received_time_ms)
    for name, field in zip(_HEALTH_NAMES, fields, strict=False):
        if field:
            report.attributes[name] = field
    if len(fields) > len(_HEALTH_NAMES):
        report.attributes["extra"] = ",".join(fields[len(_HEALTH_NAMES) :])
    return report
