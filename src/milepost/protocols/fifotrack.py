"""Fifotrack A100 to A700, Q1, Q3 and S50: text frames of `$$`, length, identity, number, command.

Source: Fifotrack, "GPRS Protocol and Command List" of A100 1.2, A300/A500 1.5 and S50 1.1;
captured frames.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from milepost.domain.command import CustomText
from milepost.domain.message import Message
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, Writers, texts
from milepost.protocols.contract import CodecContext, DeviceProtocol, Input
from milepost.protocols.wire.checksums import xor8
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.radio import cell_text, joined, station_text
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

_PROTOCOL = "fifotrack"
MAX_BUFFER_BYTES = 8192
_FIELDS = TextFields(_PROTOCOL)
_BEGIN, _END = b"$$", b"\r\n"
_LONGEST_LENGTH_DIGITS = 4
_CHECK_BYTES = 3
"""`*` and two hex digits."""

_ALARMS: Mapping[str, str] = {
    "2": "sos",
    "14": "low_power",
    "15": "power_cut",
    "16": "power_restored",
    "17": "low_battery",
    "18": "overspeed",
    "20": "antenna_cut",
    "21": "vibration",
    "23": "harsh_acceleration",
    "24": "harsh_braking",
    "25": "harsh_cornering",
    "26": "fatigue",
    "30": "jamming",
    "31": "jamming",
    "33": "geofence_exit",
    "34": "geofence_enter",
    "35": "idling",
    "40": "temperature",
    "41": "temperature",
    "53": "power_on",
    "54": "power_off",
}
"""Code -> alarm; the other codes are events without an alarm."""

_LOWEST_SUPPLY = 600
"""In 10 mV: more than a battery of one lithium cell can have."""


class FifotrackCodec:
    """One connection of a Fifotrack device, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(
            _PROTOCOL, _measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """Nothing: the devices wait for no answer."""
        del message
        return b""

    def refuse(self, message: Message) -> bytes:
        """Nothing."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        content = frame.rstrip(_END)
        if not content:
            return ()
        damaged = _is_damaged(content)
        if damaged and not self._lenient:
            raise ProtocolError(_PROTOCOL, "the length or the checksum is wrong")
        words = content[len(_BEGIN) : -_CHECK_BYTES].split(b",", 4)
        if len(words) < 4 or not words[1].isalnum():
            raise ProtocolError(_PROTOCOL, f"identity and command are due in {frame[:60]!r}")
        unique_id, command = words[1].decode("latin-1"), words[3].decode("latin-1")
        said = words[4] if len(words) > 4 else b""
        return (_message(unique_id, command, said, received_time_ms, damaged=damaged),)


def _measure(data: bytes, start: int) -> int:
    """The length counts from its own comma to the `*`. Where it is wrong, the line's end counts."""
    if not data.startswith(_BEGIN, start):
        return _skipped(data, start)
    comma = data.find(b",", start, start + len(_BEGIN) + _LONGEST_LENGTH_DIGITS + 1)
    digits = data[start + len(_BEGIN) : comma]
    if comma < 0 and len(data) - start <= len(_BEGIN) + _LONGEST_LENGTH_DIGITS:
        return -(len(data) - start + 1)
    if comma < 0 or not digits.isdigit():
        return _skipped(data, start + 1) + 1
    end = comma + int(digits) + _CHECK_BYTES
    if len(data) < end:
        return start - end
    if data[end - _CHECK_BYTES] != ord("*"):
        line_end = data.find(_END, comma)
        if line_end >= 0:
            return line_end - start
    return end - start


def _skipped(data: bytes, start: int) -> int:
    if len(data) - start == 1 and data[start:] == b"$":
        return -2
    following = data.find(_BEGIN, start)
    if following < 0:
        following = len(data) - data.endswith(b"$")
    return following - start


def _is_damaged(content: bytes) -> bool:
    """Whether length or checksum are wrong.

    Raises:
        ProtocolError: it is no frame.
    """
    comma = content.find(b",")
    digits = content[len(_BEGIN) : comma]
    if not content.startswith(_BEGIN) or content[-3:-2] != b"*" or not digits.isdigit():
        raise ProtocolError(_PROTOCOL, f"no frame begins with {content[:16]!r}", offset=0)
    if len(content) - _CHECK_BYTES - comma != int(digits[:8]):
        return True
    return b"%02X" % xor8(content[len(_BEGIN) : -_CHECK_BYTES]) != content[-2:].upper()


def _message(
    unique_id: str, command: str, said: bytes, received_time_ms: int, *, damaged: bool
) -> Message:
    read = _READERS.get(command)
    if read is None:
        return _other(unique_id, command, said, damaged=damaged)
    fields = said.decode("latin-1").split(",")
    report = read(fields, received_time_ms)
    return Message("positions", unique_id, (report.position(damaged=damaged),), damaged=damaged)


def _other(unique_id: str, command: str, said: bytes, *, damaged: bool) -> Message:
    """A part of a photo, a heartbeat, or an answer to a command, which is a text."""
    if command == "D06":
        attributes = {"photo": said.hex()}
        return Message("other", unique_id, damaged=damaged, attributes=attributes)
    text = said.decode("utf-8", "replace")
    if command.startswith("A"):
        attributes = {f"type:{command}": text}
        return Message("other", unique_id, damaged=damaged, attributes=attributes)
    accepted = {"OK": True, "UNSUPPORT": False, "FAILED": False}.get(text)
    answer = text or command
    return Message("response", unique_id, text=answer, damaged=damaged, accepted=accepted)


def _begun(fields: Sequence[str], shortest: int, received_time_ms: int) -> Report:
    """The report of alarm and time, which all begin with.

    Raises:
        ProtocolError: fields are missing, or the time is none.
    """
    if len(fields) < shortest:
        reason = f"a report of {len(fields)} fields, due are {shortest}"
        raise ProtocolError(_PROTOCOL, reason)
    digits = fields[1]
    time_ms = received_time_ms
    if digits:
        time_ms = date_ms(_PROTOCOL, digits[:6]) + time_of_day_ms(_PROTOCOL, digits[6:])
    report = Report(time_ms)
    if fields[0]:
        code, _, value = fields[0].partition("|")
        report.event(code)
        report.alarm(_ALARMS.get(code))
        if value:
            report.attributes["eventData"] = value
    return report


def _vehicle(fields: Sequence[str], received_time_ms: int) -> Report:
    """A01: time, place, motion, odometer, run time, status, inputs, outputs, cell, voltages …"""
    report = _begun(fields, 13, received_time_ms)
    _place(report, fields[2], fields[3], fields[4])
    number = _FIELDS.number
    report.motion(
        number("speed", fields[5]) if fields[5] else None,
        number("course", fields[6]) if fields[6] else None,
        number("altitude", fields[7]) if fields[7] else None,
    )
    if fields[8]:
        report.fields["odometer_m"] = number("odometer", fields[8])
    if fields[9]:
        report.fields["engine_hours_h"] = number("run time", fields[9]) / 3600
    report.attributes["status"] = fields[10]
    report.attributes.update(_switches(fields[11], fields[12]))
    for put, field in zip((_cell, _voltages, _driver), fields[13:], strict=False):
        if field:
            put(report, field)
    if any(fields[16:]):
        report.attributes["extra"] = ",".join(fields[16:])
    return report


def _place(report: Report, validity: str, latitude: str, longitude: str) -> None:
    if latitude and longitude:
        report.place(
            _FIELDS.number("latitude", latitude),
            _FIELDS.number("longitude", longitude),
            valid=validity == "A",
        )


def _whole(name: str, text: str, base: int = 10) -> int:
    """A number of 0 to 2³² - 1."""
    value = _FIELDS.whole(name, text, base)
    if not 0 <= value <= 0xFFFFFFFF:
        raise ProtocolError(_PROTOCOL, f"{name}: 32 bits are due, {text[:20]!r} came")
    return value


def _hex(name: str, text: str) -> int:
    return _whole(name, text, 16)


@lru_cache(maxsize=256)
def _switches(inputs: str, outputs: str) -> dict[str, str]:
    into, out = _hex("inputs", inputs or "0"), _hex("outputs", outputs or "0")
    return {
        "inputs": str(into),
        "outputs": str(out),
        **{f"din{number + 1}": str(into >> number & 1) for number in range(4)},
        **{f"dout{number + 1}": str(out >> number & 1) for number in range(2)},
    }


@lru_cache(maxsize=4096)
def _cell_of(text: str) -> str | None:
    parts = text.split("|")
    if len(parts) != 4 or not any(part.strip("0") for part in parts):
        return None
    country, network = (_whole("operator", part) for part in parts[:2])
    return cell_text(country, network, _hex("area", parts[2]), _hex("cell", parts[3]))


def _cell(report: Report, text: str) -> None:
    cell = _cell_of(text)
    if cell is not None:
        report.attributes["cells"] = cell


def _voltages(report: Report, text: str) -> None:
    """Tracker's battery, supply, then the inputs, in 10 mV; some models have the supply first."""
    values = [_hex("voltage", part or "0") for part in text.split("|")]
    if len(values) > 1:
        battery, supply = values[:2]
        if battery > _LOWEST_SUPPLY:
            battery, supply = supply, battery
        report.fields["battery_v"] = supply / 100
    else:
        battery = values[0]
    report.attributes["trackerBatteryV"] = repr(battery / 100)
    for number, value in enumerate(values[2:], 1):
        report.attributes[f"ain{number}V"] = repr(value / 100)


def _driver(report: Report, text: str) -> None:
    """A card's number in hex, or the text of a card's magnetic stripe."""
    if len(text) <= 2:
        report.attributes["cardStatus"] = text
    elif len(text) <= 16 and all(digit in "0123456789ABCDEFabcdef" for digit in text):
        report.attributes["driverUniqueId"] = str(int(text, 16))
    else:
        report.attributes["driverUniqueId"] = text.strip()


def _asset(fields: Sequence[str], received_time_ms: int) -> Report:
    """A03: time, cell, battery, status, then a place by GNSS, or Wi-Fi stations."""
    report = _begun(fields, 6, received_time_ms)
    if fields[2]:
        _cell(report, fields[2])
    if fields[3]:
        report.attributes["trackerBatteryV"] = repr(_FIELDS.number("battery", fields[3]))
    if fields[4]:
        report.attributes["trackerBatteryPct"] = fields[4]
    report.attributes["status"] = fields[5]
    where = fields[6:]
    if len(where) >= 6 and where[0] == "0":
        _place(report, where[1], where[4], where[5])
        report.motion(_FIELDS.number("speed", where[2]) if where[2] else None, None)
        if where[3]:
            report.fields["satellites"] = _whole("satellites", where[3])
        where = where[6:]
    elif len(where) >= 2 and where[0] == "1":
        report.attributes["wifi"] = joined(map(_station, filter(None, where[1].split("|"))))
        where = where[2:]
    if any(where):
        report.attributes["extra"] = ",".join(where)
    return report


def _station(text: str) -> str:
    mac, _, signal = text.partition(":")
    if not signal:
        return station_text(mac)
    dbm = _FIELDS.whole("signal", signal)
    if not -200 <= dbm <= 200:
        raise ProtocolError(_PROTOCOL, f"no strength is {signal[:20]!r}")
    return station_text(mac, dbm)


_READERS: Mapping[str, Callable[[Sequence[str], int], Report]] = {
    "A01": _vehicle,
    "A02": _vehicle,
    "A03": _asset,
}
"""Command -> (fields, time of reception) -> report."""


def _send(text: str, order: Order) -> bytes:
    try:
        said = f",{order.unique_id},{order.number:X},{text}".encode("ascii")
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "ASCII") from error
    content = b"%d%b" % (len(said), said)
    return b"##%b*%02X\r\n" % (content, xor8(content))


_COMMANDS: Writers = texts({CustomText: "{text}"}, _send)

PROTOCOL = DeviceProtocol(
    name=_PROTOCOL,
    title="Fifotrack A100 to A700, Q1, Q3, S50",
    port=5124,
    transports=("tcp", "udp"),
    checksum="exclusive or of what is between `$$` and `*`; the length is checked, too",
    identity="in every frame",
    acknowledges="nothing",
    codec=FifotrackCodec,
    carries=(
        *("position", "cells", "wifi", "alarms", "io", "odometer", "engine_hours"),
        *("driver", "texts"),
    ),
    commands=_COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"", b"\r\n"),
)
