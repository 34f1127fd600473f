"""Ulbotech's texts: `*TS01,identity,time,GPS:…,STT:…#`, and answers to commands.

Source: Ulbotech "T301 communication protocol", text form; captured frames.
"""

from collections.abc import Callable, Mapping, Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.ulbotech.groups import (
    ALARM_BITS,
    PROTOCOL_NAME,
    note_status,
)
from milepost.protocols.wire.bits import raise_alarms
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

_TEXT = TextFields(PROTOCOL_NAME)
_TIME_DIGITS = 12
_VALID_FIXES = frozenset({"2", "3"})
_MOST_CODES = 1 << 16


def read_text(frame: bytes, received_time_ms: int) -> Message:
    """The message of a text between `*` and `#`.

    Raises:
        ProtocolError: not of the protocol's form, or a field that is not what it has to be.
    """
    text = frame[1:-1].decode("latin-1")
    fields = text.split(",")
    if not text.isprintable() or not text.startswith("TS") or len(fields) < 2:
        raise ProtocolError(PROTOCOL_NAME, f"a text begins with *TS01,identity: {text[:40]!r}")
    unique_id, said = fields[1], fields[2:]
    if not unique_id.isalnum():
        raise ProtocolError(PROTOCOL_NAME, f"identity {unique_id!r} is not letters and digits")
    time_ms = received_time_ms
    if said and len(said[0]) == _TIME_DIGITS and said[0].isdecimal():
        time_ms = _TEXT.time_ms("time", said.pop(0), "%H%M%S%d%m%y")
    if not any(said):
        return Message("heartbeat", unique_id)
    return _told(unique_id, said, time_ms)


def _told(unique_id: str, said: Sequence[str], time_ms: int) -> Message:
    report = Report(time_ms)
    others = []
    for item in said:
        name, _, content = item.partition(":")
        read = _ITEMS.get(name)
        if read is None or not content:
            others.append(item)
        else:
            read(content.split(";"), report)
    text = ",".join(others) or None
    if not report.says_something:
        return Message("response", unique_id, text=text)
    if text is not None:
        report.note("extra", text)
    return Message("positions", unique_id, (report.position(),))


def _place(parts: Sequence[str], report: Report) -> None:
    """`3;N22.5483;E113.9316;60;214;1.2`: fix, place, speed, course, dilution."""
    if len(parts) < 3:
        raise ProtocolError(PROTOCOL_NAME, f"GPS has a fix and a place, {parts} came")
    report.place(_degrees(parts[1]), _degrees(parts[2]), valid=parts[0] in _VALID_FIXES)
    numbers = [_TEXT.number("GPS", part) if part else None for part in (*parts[3:6], "", "", "")]
    report.motion(numbers[0], numbers[1])
    report.fields["hdop"] = numbers[2]


def _degrees(text: str) -> float:
    degrees = _TEXT.number("GPS", text.lstrip("NSEW"))
    return -degrees if text[:1] in ("S", "W") else degrees


def _cell(parts: Sequence[str], report: Report) -> None:
    """`460;00;1809;5FD7;58`: country, network, area and cell in hex, strength."""
    if len(parts) < 4:
        raise ProtocolError(PROTOCOL_NAME, f"LBS names a cell, {parts} came")
    country, network = (_TEXT.whole("LBS", part) for part in parts[:2])
    area, cell = (_TEXT.whole("LBS", part, 16) for part in parts[2:4])
    strength = -abs(_TEXT.whole("LBS", parts[4])) if len(parts) > 4 and parts[4] else None
    report.note("cells", cell_text(country, network, area, cell, strength))


def _status(parts: Sequence[str], report: Report) -> None:
    """`242;0`: status and alarm bits in hex."""
    status, *alarms = (_TEXT.whole("STT", part, 16) for part in parts[:2])
    note_status(report, status)
    if alarms and 0 <= alarms[0] < _MOST_CODES:
        raise_alarms(report, alarms[0], ALARM_BITS)


def _odometer(parts: Sequence[str], report: Report) -> None:
    report.fields["odometer_m"] = _TEXT.number("MGR", parts[0])


def _adc(parts: Sequence[str], report: Report) -> None:
    """`0;14.77;1;28.75;2;4.15`: channels and their volts or °C."""
    for channel, value in zip(parts[::2], parts[1::2], strict=False):
        name = _CHANNELS.get(channel)
        number = _TEXT.number("ADC", value)
        if channel == "0":
            report.fields["battery_v"] = number
        elif name is not None:
            report.note(name, number)
        else:
            report.note(f"adc:{channel}", number)


_CHANNELS: Mapping[str, str] = {"1": "trackerTempC", "2": "trackerBatteryV", "3": "ain1V"}


def _event(parts: Sequence[str], report: Report) -> None:
    report.note("event", parts[0])
    report.event(parts[0])
    if len(parts) > 1:
        report.note("eventData", ";".join(parts[1:]))


def _named(name: str) -> Callable[[Sequence[str], Report], None]:
    def read(parts: Sequence[str], report: Report) -> None:
        report.note(name, ";".join(parts))

    return read


_ITEMS: Mapping[str, Callable[[Sequence[str], Report], None]] = {
    "GPS": _place,
    "LBS": _cell,
    "STT": _status,
    "MGR": _odometer,
    "ADC": _adc,
    "EVT": _event,
    "VIN": _named("vin"),
    "RFI": _named("driverUniqueId"),
}
"""Items that are understood; of a text without any the rest is an answer."""
