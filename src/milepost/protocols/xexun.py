"""Xexun: TK102, TK103-2 and clones, which send an RMC sentence and their IMEI.

A report ends with the identity, `GPRMC,…*7A,F,help me!, imei:864504031916915,`; older devices put
length and checksum behind it. Newer ones put a line behind it that completes the report with
satellites, altitude, battery and cell. It comes out as a second position of the same instant.

Source: Xexun "TK102 User Manual" and "TK103-2 User Manual", GPRS data; captured frames.
"""

import re
from collections.abc import Mapping, Sequence

from milepost.domain.command import Command, CustomText, EngineResume, EngineStop
from milepost.domain.message import Message
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, Write, Writers, texts
from milepost.protocols.contract import CodecContext, DeviceProtocol, Input
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.nmea import NmeaFields, Sentence
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report

_PROTOCOL = "xexun"
_FIELDS = NmeaFields(_PROTOCOL)
_MAX_BUFFER_BYTES = 2048
_BLANK = re.compile(rb"[\s\x00]+")
_LINE_END = re.compile(rb"[\r\n]")
_SENTENCE, _IDENTITY_MARK = b"GPRMC", b"imei:"
_IDENTITY = re.compile(rb"imei:(\d{6,17}),")
_UNFINISHED_IDENTITY = re.compile(rb"imei:\d{0,17}$")
_OLD_TAIL = re.compile(rb"\d{2,3}.{0,4}", re.DOTALL)
_SIGNAL = re.compile(r",[FL],")
_PHONE = re.compile(r"\d*,(\+?\d+),$")
_BATTERY = re.compile(r"([FL]):(\d{1,2}(?:\.\d+)?)V")
_FEWEST_TAIL_FIELDS = 5
_PASSWORD_OPTION, _DEFAULT_PASSWORD = "devicePassword", "123456"

_ALARMS: Mapping[str, str] = {
    "help me": "sos",
    "sos": "sos",
    "low battery": "low_battery",
    "bat low": "low_battery",
    "stockade": "geofence",
    "move": "movement",
    "speed": "overspeed",
    "overspeed": "overspeed",
    "shake": "vibration",
    "quake": "vibration",
    "door": "door",
    "power off": "power_cut",
}
"""What a device says of a report, in lower case and without its exclamation mark."""

_IGNITION: Mapping[str, bool] = {
    "accstart": True,
    "accstop": False,
    "acc on": True,
    "acc off": False,
    "acc start": True,
    "acc stop": False,
}


class XexunCodec:
    """One Xexun connection."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(_PROTOCOL, _measure, self._frame, _MAX_BUFFER_BYTES)
        self._reported: tuple[str, Report, str, bool] | None = None

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """Nothing."""
        del message
        return b""

    def refuse(self, message: Message) -> bytes:
        """Nothing."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if not frame.strip(b"\r\n\t\0 "):
            return ()
        identity = _IDENTITY.search(frame)
        if identity is None:
            return self._complete(frame)
        self._reported = None
        text = frame[: identity.start()].decode("latin-1")
        return (self._report(identity[1].decode("ascii"), text, received_time_ms),)

    def _report(self, unique_id: str, text: str, received_time_ms: int) -> Message:
        """What stands before the identity; without a sentence it is a sign of life."""
        before, name, content = text.rpartition("GPRMC")
        sentence = Sentence(name + content)
        if not (sentence.intact or self._lenient):
            raise ProtocolError(_PROTOCOL, "the checksum of GPRMC is wrong")
        damaged = not sentence.intact
        phone = _PHONE.search(before if name else text[: text.find(",", 1) + 1])
        number = "" if phone is None else phone[1]
        if not name:
            if not _SIGNAL.search(text):
                raise ProtocolError(_PROTOCOL, f"neither sentence nor signal are in {text[:40]!r}")
            self._reported = (unique_id, Report(received_time_ms), number, damaged)
            return Message("heartbeat", unique_id)
        report = _located(sentence, received_time_ms)
        self._reported = (unique_id, report, number, damaged)
        positions = (report.position(damaged=damaged),)
        return Message("positions", unique_id, positions, damaged=damaged)

    def _complete(self, line: bytes) -> Sequence[Message]:
        """What stands behind the identity."""
        reported, self._reported = self._reported, None
        if reported is None:
            raise ProtocolError(_PROTOCOL, f"no report begins with {line[:16]!r}", offset=0)
        content = line.strip(b"\r\n\t\0 ")
        if _OLD_TAIL.fullmatch(content):
            return ()
        unique_id, begun, phone, damaged = reported
        report = Report(0)
        report.fields, report.attributes = dict(begun.fields), dict(begun.attributes)
        _put_tail(content.decode("latin-1").split(","), report)
        if phone:
            report.note("phone", phone)
        positions = (report.position(damaged=damaged),)
        return (Message("positions", unique_id, positions, damaged=damaged),)


def _measure(data: bytes, start: int) -> int:
    """To the comma behind the identity, or to the end of a line without sentence and identity."""
    blank = _BLANK.match(data, start)
    if blank is not None:
        return blank.end() - start
    line_end = _LINE_END.search(data, start)
    mark = data.find(_IDENTITY_MARK, start)
    begins = [at for at in (data.find(_SENTENCE, start), mark) if at >= 0]
    if line_end is not None and not any(at < line_end.start() for at in begins):
        return line_end.end() - start
    if mark < 0:
        return -(len(data) - start + 1)
    identity = _IDENTITY.match(data, mark)
    if identity is not None:
        return identity.end() - start
    if _UNFINISHED_IDENTITY.match(data, mark):
        return -(len(data) - start + 1)
    return mark + len(_IDENTITY_MARK) - start


def _located(sentence: Sentence, received_time_ms: int) -> Report:
    fields = sentence.fields[1:]
    if fields and fields[0].startswith("."):
        fields[0] = ""
    report = _FIELDS.recommended_minimum(fields, received_time_ms)
    signal, *said = [part.strip() for part in sentence.tail.strip(" ,\r\n").split(",")]
    if signal:
        report.note("gnssStatus", signal)
    for text in filter(None, said):
        report.event(text)
        plain = text.lower().strip("! ")
        report.alarm(_ALARMS.get(plain) or _ALARMS.get(plain.split(" ")[0]))
        if plain in _IGNITION:
            report.fields["ignition"] = _IGNITION[plain]
    return report


def _whole(name: str, text: str, base: int = 10) -> int:
    if not (text.isascii() and text.isalnum()):
        raise ProtocolError(_PROTOCOL, f"{name}: digits are due, {text!r} came")
    return _FIELDS.whole(name, text, base)


def _put_tail(fields: Sequence[str], report: Report) -> None:
    """Satellites, altitude, battery, whether it is charged, length, checksum, cell."""
    if len(fields) < _FEWEST_TAIL_FIELDS:
        reason = f"{_FEWEST_TAIL_FIELDS} fields are due behind the identity, {len(fields)} came"
        raise ProtocolError(_PROTOCOL, reason)
    satellites, altitude, battery, charging = fields[:4]
    if satellites:
        report.fields["satellites"] = _whole("satellites", satellites)
    if altitude:
        report.motion(None, None, _FIELDS.number("altitude", altitude))
    volts = _BATTERY.fullmatch(battery)
    if volts is not None:
        report.note("trackerBatteryLevel", volts[1])
        report.note("trackerBatteryV", float(volts[2]))
    report.note("charging", charging == "1")
    if len(fields) >= 10 and all(fields[6:10]):
        country, network = _whole("MCC", fields[6]), _whole("MNC", fields[7])
        area, cell = _whole("area", fields[8], 16), _whole("cell", fields[9].strip(), 16)
        report.note("cells", cell_text(country, network, area, cell))


def _send(text: str, order: Order) -> bytes:
    """A text as an SMS would have it."""
    del order
    try:
        return text.encode("ascii")
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "ASCII") from error


def _relay(state: str) -> Write:
    def write(command: Command, order: Order) -> bytes:
        del command
        password = order.options.get(_PASSWORD_OPTION, _DEFAULT_PASSWORD)
        return _send(f"powercar{password} {state}", order)

    return write


_COMMANDS: Writers = {
    **texts({CustomText: "{text}"}, _send),
    EngineStop: _relay("11"),
    EngineResume: _relay("00"),
}

PROTOCOL = DeviceProtocol(
    name=_PROTOCOL,
    title="Xexun (TK102, TK103-2 and clones)",
    port=5006,
    transports=("tcp",),
    checksum="XOR of the RMC sentence, where it ends in one",
    identity="IMEI behind every sentence",
    acknowledges="nothing",
    codec=XexunCodec,
    carries=("position", "cells", "alarms"),
    options={_PASSWORD_OPTION: "the device's password for commands, 123456 if not set"},
    commands=_COMMANDS,
    max_buffer_bytes=_MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"", b"\r\n"),
)
