"""Records of a report: the fixed fields, then the custom ones.

Source: "AT Series Protocol Document" 1.1.4, 2.2.1 (binary) and 2.2.2 (ASCII).
"""

import re
from struct import Struct

from milepost.errors import ProtocolError
from milepost.protocols.atrack import custom
from milepost.protocols.atrack.beacons import read_beacons
from milepost.protocols.atrack.frame import PROTOCOL_NAME
from milepost.protocols.atrack.settings import Settings
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

_READ = TextFields(PROTOCOL_NAME)
_TIMES = Struct(">III")
_LONG_TIME = Struct(">HBBBBB")
_FIXED = Struct(">iiHBIHBHBH")
_TEMPERATURES = Struct(">hh")
_NO_SENSOR = 2000
_NO_FIX_HDOP = 990
_LONG_YEARS = range(2000, 2100)
_EARLIEST_S, _LATEST_S = 946_684_800, 4_102_444_800
_STALE_MS = 300_000
_TEXT_FIELDS, _FIRST_CUSTOM = 16, 17
_FUEL = re.compile(r"FULS?:F=([0-9A-Fa-f]{1,4}) t=([0-9A-Fa-f]{1,2}) N=([0-9A-Fa-f]{1,4})")


def read_binary(content: bytes, settings: Settings) -> list[Report]:
    """The reports of a binary frame's content.

    Raises:
        ProtocolError: a record is not whole, or its times are none.
    """
    reports: list[Report] = []
    offset = 0
    while offset < len(content):
        if reports and not _begins_record(content, offset, settings):
            reports[-1].attributes["rest"] = content[offset:].hex()
            break
        offset = _read_binary_record(content, offset, settings, reports)
    return reports


def _is_long(content: bytes, offset: int, settings: Settings) -> bool:
    """Whether times are of seven bytes: as seconds their years would lie in the seventies."""
    if settings.long_date:
        return True
    if int.from_bytes(content[offset : offset + 4], "big") >= _EARLIEST_S:
        return False
    fixed_year = int.from_bytes(content[offset : offset + 2], "big")
    clock_at = offset + _LONG_TIME.size
    clock_year = int.from_bytes(content[clock_at : clock_at + 2], "big")
    return fixed_year in _LONG_YEARS or clock_year in _LONG_YEARS


def _begins_record(content: bytes, offset: int, settings: Settings) -> bool:
    """Whether there is room for a record and its time can be one."""
    if len(content) - offset < _TIMES.size + _FIXED.size:
        return False
    if _is_long(content, offset, settings):
        return True
    clock_s = int.from_bytes(content[offset + 4 : offset + 8], "big")
    return _EARLIEST_S <= clock_s < _LATEST_S


def _read_binary_record(
    content: bytes, start: int, settings: Settings, reports: list[Report]
) -> int:
    times_bytes = 3 * _LONG_TIME.size if _is_long(content, start, settings) else _TIMES.size
    offset = start + times_bytes
    if len(content) < offset + _FIXED.size:
        raise ProtocolError(PROTOCOL_NAME, "the frame ends within a record", offset=offset)
    report, is_stale = _report_at(*_binary_times(content, start, times_bytes))
    reports.append(report)
    values = _FIXED.unpack_from(content, offset)
    longitude, latitude, heading, event, odometer, hdop, inputs, speed, outputs, analog = values
    report.place(latitude / 1e6, longitude / 1e6, valid=not is_stale and hdop < _NO_FIX_HDOP)
    report.motion(speed, heading)
    report.fields["event_codes"] = (str(event),)
    report.fields["odometer_m"] = odometer * 100
    report.fields["hdop"] = hdop / 10
    report.attributes["inputs"] = str(inputs)
    report.attributes["outputs"] = str(outputs)
    if analog:
        report.note("ain1V", analog / 1000)
    driver, offset = _zero_ended(content, offset + _FIXED.size)
    if driver:
        report.attributes["driverUniqueId"] = driver
    offset = _read_temperatures(report, content, offset)
    text, offset = _zero_ended(content, offset)
    _read_message(report, text)
    return _read_binary_custom(report, content, start, offset, settings)


def _read_temperatures(report: Report, content: bytes, offset: int) -> int:
    if len(content) < offset + _TEMPERATURES.size:
        raise ProtocolError(PROTOCOL_NAME, "the frame ends within temperatures", offset=offset)
    for number, raw in enumerate(_TEMPERATURES.unpack_from(content, offset), 1):
        if raw != _NO_SENSOR:
            report.note(f"temp{number}C", raw / 10)
    return offset + _TEMPERATURES.size


def _read_binary_custom(
    report: Report, content: bytes, start: int, offset: int, settings: Settings
) -> int:
    """Where the record ends. Behind a field of unknown width the next record's form shows it."""
    form = settings.form if settings.has_custom else ""
    own_form = b""
    if content.startswith(custom.FORM_MARK.encode(), offset):
        form_at = offset
        form, offset = _zero_ended(content, offset)
        own_form = content[form_at:offset]
    if not form:
        return offset
    end, unknown = custom.read_binary(report, form, content, offset)
    read_beacons(report, has_frames=settings.has_beacon_frames)
    if not unknown:
        return end
    next_form_at = content.find(own_form, offset) if own_form else -1
    record_end = next_form_at - (form_at - start) if next_form_at >= 0 else len(content)
    record_end = max(record_end, end)
    report.attributes[f"custom:{unknown}"] = content[end:record_end].hex()
    return record_end


def _zero_ended(content: bytes, offset: int) -> tuple[str, int]:
    """A text and the offset behind its zero byte; the last one of a frame may lack it."""
    if not content[offset : offset + 1].strip(b"\0"):
        return "", offset + 1
    end = content.find(b"\0", offset)
    end = len(content) if end < 0 else end
    return content[offset:end].decode("latin-1"), end + 1


def _binary_times(content: bytes, start: int, times_bytes: int) -> tuple[int, int]:
    """Times of the fix and of the device's clock, ms; 0 for none."""
    if times_bytes == _TIMES.size:
        fixed_s, clock_s, _ = _TIMES.unpack_from(content, start)
        return fixed_s * 1000, clock_s * 1000
    fixed, clock = (
        _long_time_ms(_LONG_TIME.unpack_from(content, start + at)) for at in (0, _LONG_TIME.size)
    )
    return fixed, clock


def _long_time_ms(parts: tuple[int, ...]) -> int:
    year, month, day, hour, minute, second = parts
    if not any(parts):
        return 0
    digits = f"{year % 100:02d}{month:02d}{day:02d}"
    if year not in _LONG_YEARS:
        raise ProtocolError(PROTOCOL_NAME, f"there is no year {year}")
    return date_ms(PROTOCOL_NAME, digits) + time_of_day_ms(
        PROTOCOL_NAME, f"{hour:02d}{minute:02d}{second:02d}"
    )


def _report_at(fixed_ms: int, clock_ms: int) -> tuple[Report, bool]:
    """A report, and whether its place is an old one: the device repeats its last fix.

    Without a fix of now the report is of the device's clock.
    """
    is_stale = not fixed_ms or clock_ms - fixed_ms > _STALE_MS
    return Report((clock_ms or fixed_ms) if is_stale else fixed_ms), is_stale


def read_text(content: bytes, settings: Settings) -> list[Report]:
    """The reports of a text frame's content, a line each.

    Raises:
        ProtocolError: a line has too few fields, or no numbers where they are due.
    """
    lines = content.decode("latin-1").split("\n")
    return [_read_line(line.rstrip("\r"), settings) for line in lines if line.strip("\r\0 ")]


def _read_line(line: str, settings: Settings) -> Report:
    fields = line.split(",")
    if len(fields) < _TEXT_FIELDS:
        reason = f"a record has {len(fields)} fields, at least {_TEXT_FIELDS} are due"
        raise ProtocolError(PROTOCOL_NAME, reason)
    number = _READ.number
    report, is_stale = _report_at(_text_time_ms(fields[0]), _text_time_ms(fields[1]))
    longitude, latitude = number("longitude", fields[3]), number("latitude", fields[4])
    hdop = number("hdop", fields[8] or "0")
    report.place(latitude / 1e6, longitude / 1e6, valid=not is_stale and hdop < _NO_FIX_HDOP)
    report.motion(number("speed", fields[10] or "0"), number("heading", fields[5] or "0"))
    report.event(fields[6])
    report.fields["odometer_m"] = _odometer_m(fields[7])
    report.fields["hdop"] = hdop / 10
    report.attributes["inputs"] = fields[9]
    report.attributes["outputs"] = fields[11]
    volts = number("analogue input", fields[12] or "0") / 1000
    if volts:
        report.note("ain1V", volts)
    if fields[13].strip("0"):
        report.attributes["driverUniqueId"] = fields[13]
    for index, text in enumerate(fields[14:16], 1):
        celsius = number("temperature", text or str(_NO_SENSOR))
        if celsius != _NO_SENSOR:
            report.note(f"temp{index}C", celsius / 10)
    if len(fields) > _TEXT_FIELDS:
        _read_message(report, fields[_TEXT_FIELDS].strip("\x1a "))
    _read_text_custom(report, fields[_FIRST_CUSTOM:], settings)
    return report


def _odometer_m(text: str) -> float:
    """Tenths of a kilometre; kilometres where they have a decimal point."""
    value = _READ.number("odometer", text or "0")
    return round(value * (1000 if "." in text else 100), 3)


def _text_time_ms(digits: str) -> int:
    """Unix seconds, or year to second in fourteen digits; 0 for none."""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 14):
        raise ProtocolError(PROTOCOL_NAME, f"a time is due, {digits[:40]!r} came")
    if len(digits) == 14:
        day_ms = date_ms(PROTOCOL_NAME, digits[2:8])
        return day_ms + time_of_day_ms(PROTOCOL_NAME, digits[8:])
    seconds = int(digits)
    if seconds and not _EARLIEST_S <= seconds < _LATEST_S:
        raise ProtocolError(PROTOCOL_NAME, f"there is no time {digits}")
    return seconds * 1000


def _read_text_custom(report: Report, values: list[str], settings: Settings) -> None:
    form = settings.form if settings.has_custom else ""
    if values and values[0].startswith(custom.FORM_MARK):
        form, values = values[0], values[1:]
    if form:
        custom.read_text(report, form, values)
        read_beacons(report, has_frames=settings.has_beacon_frames)
    elif any(value.strip("\x1a ") for value in values):
        report.attributes["extra"] = ",".join(values)


def _read_message(report: Report, text: str) -> None:
    """A message for people, or what a fuel sensor said: frequency, temperature, level; hex."""
    if not text:
        return
    report.attributes["text"] = text
    fuel = _FUEL.search(text)
    if fuel is not None:
        report.note("frequency1Hz", int(fuel[1], 16))
        report.note("fuelSensor1TempC", int(fuel[2], 16))
        report.note("fuelSensor1", int(fuel[3], 16))
