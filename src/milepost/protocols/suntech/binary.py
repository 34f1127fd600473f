"""The binary reports: zip strings of the numbered families, and the universal form 81 and 82.

Source: Suntech "ST300/340 Operation Manual" 1.56, 6-1-2 to 6-4-2; "Universal Reporting Guide" 1.62,
1.1 and 2.1. The end of an universal report is by captured ones.
"""

from struct import Struct

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.suntech.alarms import DRIVER_ALERT, read_alert, read_emergency, read_event
from milepost.protocols.suntech.fields import PROTOCOL_NAME, read_driver
from milepost.protocols.suntech.framing import ZIP_START
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.digit_times import moment_ms
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report

_FIXED, _SOUTH, _WEST, _SATELLITES = 0x80, 0x40, 0x20, 0x1F
_STATUS, _EMERGENCY, _EVENT, _ALERT, _ALIVE = 0x10, 0x11, 0x12, 0x13, 0x14
_CODES = {_EMERGENCY: read_emergency, _EVENT: read_event, _ALERT: read_alert}
_METER_BYTES = 7
_UNIVERSAL_STATUS, _UNIVERSAL_ALERT = 0x81, 0x82
_UNIVERSAL_HEAD = Struct(">5s3sB3sB6sIHHHBIIHHBBBB")
_WHOLE_MASK = 0x3FFFFF
_MILLIONTHS = 1_000_000
_SIGN = 1 << 31
_KINDS = ("STT", "EMG", "EVT", "ALT")


def read_binary(frame: bytes) -> Message:
    """The message of a whole binary frame.

    Raises:
        ProtocolError: fields are missing, or digits are none.
    """
    return _read_zip(frame) if frame[0] == ZIP_START else _read_universal(frame)


def _time_ms(numbers: bytes) -> int:
    year, *others = numbers
    return moment_ms(PROTOCOL_NAME, 2000 + year, *others)


def _fraction(content: bytes, whole_bytes: int) -> float:
    """A whole number in binary, and its decimals in binary-coded decimals."""
    decimals = content[whole_bytes:].hex()
    if not decimals.isdecimal():
        raise ProtocolError(PROTOCOL_NAME, f"digits are due, {decimals} came")
    return float(f"{int.from_bytes(content[:whole_bytes], 'big')}.{decimals}")


def _read_zip(frame: bytes) -> Message:
    """STX, length, kind, identity, model, software, time, cell, place, motion, …, ETX."""
    cursor = Cursor(PROTOCOL_NAME, frame[3:-1])
    kind = cursor.number(1)
    unique_id = cursor.take(5).hex()[:9]
    if kind == _ALIVE or not cursor.left:
        return Message("heartbeat", unique_id)
    model, software = cursor.number(1), cursor.take(2).hex()
    report = Report(_time_ms(cursor.take(6)))
    report.attributes.update(model=f"{model:02d}", firmware=software, network=cursor.take(3).hex())
    latitude, longitude = _fraction(cursor.take(4), 1), _fraction(cursor.take(4), 1)
    speed, course = _fraction(cursor.take(3), 2), _fraction(cursor.take(3), 2)
    flags = cursor.number(1)
    report.place(
        -latitude if flags & _SOUTH else latitude,
        -longitude if flags & _WEST else longitude,
        valid=bool(flags & _FIXED),
    )
    report.motion(speed, course)
    report.fields["satellites"] = flags & _SATELLITES
    report.fields["odometer_m"] = float(cursor.number(4))
    report.fields["battery_v"] = _fraction(cursor.take(2), 1)
    _read_inputs(report, cursor.number(1))
    _read_zip_end(report, kind, cursor)
    token = b"ST300" + _KINDS[kind - _STATUS].encode() if _STATUS <= kind <= _ALERT else b""
    return Message("positions", unique_id, (report.position(),), token=token)


def _read_inputs(report: Report, bits: int) -> None:
    report.fields["ignition"] = bool(bits & 1)
    for place in (1, 2, 3):
        report.note(f"din{place}", bits >> place & 1)
    for place in (1, 2):
        report.note(f"dout{place}", bits >> (3 + place) & 1)


def _read_zip_end(report: Report, kind: int, cursor: Cursor) -> None:
    """Mode and running number, or the number of what happened; then the meters if they are on."""
    read = _CODES.get(kind)
    if read is not None:
        read(report, str(cursor.number(1)))
    elif kind == _STATUS:
        report.note("mode", cursor.number(1))
        report.note("index", cursor.number(2))
    if cursor.left >= _METER_BYTES:
        report.fields["engine_hours_h"] = cursor.number(4) / 60
        report.note("trackerBatteryV", _fraction(cursor.take(2), 1))
        if cursor.number(1) == 0:
            report.note("archive", value=True)
    if cursor.left:
        report.attributes["rest"] = cursor.rest().hex()


def _read_universal(frame: bytes) -> Message:
    """Kind, length, identity, mask (all fields), then the fields of the mask in binary."""
    cursor = Cursor(PROTOCOL_NAME, frame[3:])
    head = cursor.take(_UNIVERSAL_HEAD.size) if cursor.left >= _UNIVERSAL_HEAD.size else b""
    if not head:
        return _short_universal(frame)
    identity, mask, model, software, live, time, *others = _UNIVERSAL_HEAD.unpack(head)
    if int.from_bytes(mask, "big") & _WHOLE_MASK != _WHOLE_MASK:
        raise ProtocolError(PROTOCOL_NAME, f"a binary report with the mask {mask.hex()}")
    report = Report(_time_ms(time))
    report.attributes.update(model=str(model), firmware=".".join(map(str, software)))
    if live == 0:
        report.note("archive", value=True)
    _read_universal_fields(report, others)
    read = _UNIVERSAL.get(frame[0])
    if read is not None:
        read(report, cursor)
    if any(rest := cursor.rest()):
        report.attributes["rest"] = rest.hex()
    return Message("positions", identity.hex(), (report.position(),), token=b"STT")


def _short_universal(frame: bytes) -> Message:
    """A keep-alive report: the identity alone."""
    if len(frame) != 8:
        raise ProtocolError(PROTOCOL_NAME, f"a binary report of {len(frame)} bytes")
    return Message("heartbeat", frame[3:8].hex(), token=b"STT")


def _read_universal_fields(report: Report, values: list[int]) -> None:
    """Cell, MCC, MNC, area, signal, place, motion, satellites, fix, inputs, outputs."""
    cell, mcc, mnc, area, signal, latitude, longitude, *more = values
    speed, course, satellites, fix, inputs, outputs = more
    if cell and mcc:
        report.attributes["cells"] = cell_text(mcc, mnc, area, cell)
    report.note("gsmSignal", signal)
    report.place(_signed(latitude), _signed(longitude), valid=fix == 1)
    report.motion(speed / 100, course / 100)
    report.fields["satellites"] = satellites
    report.fields["ignition"] = bool(inputs & 1)
    report.note("inputs", inputs)
    report.note("outputs", outputs)


def _signed(value: int) -> float:
    """Millionths of a degree, the highest bit the sign."""
    return -(value - _SIGN) / _MILLIONTHS if value & _SIGN else value / _MILLIONTHS


def _status(report: Report, cursor: Cursor) -> None:
    """Mode, why it came, running number, meters."""
    report.note("mode", cursor.number(1))
    report.note("uploadReason", cursor.number(1))
    report.note("index", cursor.number(2))
    _read_meters(report, cursor)


def _alert(report: Report, cursor: Cursor) -> None:
    """Alert, modifier, length and data, meters."""
    alert = cursor.number(1)
    read_alert(report, str(alert))
    report.note("event", cursor.number(1))
    data = cursor.take(min(cursor.number(1), cursor.left)).hex()
    if alert == DRIVER_ALERT:
        read_driver(report, data)
    elif data:
        report.attributes["eventData"] = data
    _read_meters(report, cursor)


def _read_meters(report: Report, cursor: Cursor) -> None:
    """The tracker's battery in tenths of a volt, the vehicle's in hundredths, minutes."""
    if cursor.left < 8:
        return
    report.note("trackerBatteryV", cursor.number(2) / 10)
    report.fields["battery_v"] = cursor.number(2) / 100
    report.fields["engine_hours_h"] = cursor.number(4) / 60


_UNIVERSAL = {_UNIVERSAL_STATUS: _status, _UNIVERSAL_ALERT: _alert}
