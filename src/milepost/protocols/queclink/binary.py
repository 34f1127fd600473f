"""Queclink's HEX frames: `+RSP`, `+EVT` and their like, whose masks say what they hold.

Source: Queclink GV200 @Track Air Interface Protocol 5.01, "HEX Format Report Message"; captured
frames of GB100 and GV300.
"""

import struct
from collections.abc import Mapping
from datetime import UTC, datetime

from milepost.domain.message import Message
from milepost.protocols.queclink.compressed import COMPRESSED, read_points
from milepost.protocols.queclink.values import refuse, state
from milepost.protocols.wire.checksums import crc16_ccitt_false
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report

HEADERS: Mapping[bytes, tuple[int, int]] = {
    **dict.fromkeys((b"+RSP", b"+BSP", b"+EVT", b"+BVT"), (9, 2)),
    **dict.fromkeys((b"+INF", b"+BNF", b"+CRD", b"+BRD"), (7, 2)),
    b"+LGN": (6, 2),
    b"+ACK": (6, 1),
    b"+HBD": (5, 1),
}
"""What a HEX frame begins with -> where its length stands, and of how many bytes it is."""
_REPORTS = frozenset({b"+RSP", b"+BSP", b"+EVT", b"+BVT"})
_EVENTS = frozenset({b"+EVT", b"+BVT"})
_ARCHIVE = frozenset({b"+BSP", b"+BVT", b"+BNF", b"+BRD"})
TAIL = b"\r\n"
_END_BYTES = 6
"""Count, checksum, line end."""
_PLACE = struct.Struct(">iiHBBBBB")
_TIME = struct.Struct(">HBBBBB")
_CELL = struct.Struct(">HHHH")
_MILLIONTHS = 1_000_000
_FRESH_MS = 10_000
_IDENTITY_OFFSETS = (0, 1, 3, 5, 7)
"""Where an identity stands: behind nothing, the device type, up to three versions."""

_SPEED, _AZIMUTH, _ALTITUDE, _CELLS, _SEND_TIME, _COUNT, _NAME = range(7)
_DEVICE, _VERSION, _FIRMWARE, _BATTERY, _SUPPLY = range(8, 13)
_MOTION, _SATELLITES, _TRIP, _MILEAGE, _TRIP_HOURS, _HOURS = range(18, 24)
_PORT_BYTES = {13: 2, 14: 2, 15: 2, 16: 1, 17: 1}
"""Bit -> bytes of the analogue inputs, digital inputs and outputs."""

REPORT_NAMES: Mapping[int, str] = {
    **{1: "TOW", 3: "LBC", 4: "EPS", 5: "DIS", 6: "IOB", 7: "FRI", 8: "GEO", 9: "SPD", 10: "SOS"},
    **{11: "RTL", 12: "DOG", 14: "AIS", 15: "HBM", 16: "IGL", 17: "IDA", 18: "ERI", 19: "GIN"},
    **{20: "GOT", COMPRESSED: "FRI"},
}
EVENT_NAMES: Mapping[int, str] = {
    **{0: "PNA", 1: "PFA", 2: "MPN", 3: "MPF", 6: "BPL", 7: "BTC", 8: "STC", 9: "STT", 12: "PDP"},
    **{13: "IGN", 14: "IGF", 15: "UPD", 16: "IDN", 17: "IDF", 20: "JDR", 21: "GSS", 23: "CRA"},
    **{26: "GES", 31: "GPJ", 33: "JDS", 34: "UPC", 35: "RMD", 45: "VGN", 46: "VGF"},
}
_IGNITION: Mapping[str, bool] = {"IGN": True, "IGF": False, "VGN": True, "VGF": False}
_ALARMS: Mapping[str, str] = {
    **{"SOS": "sos", "TOW": "towing", "SPD": "overspeed", "EPS": "low_power", "IDN": "idling"},
    **{"GEO": "geofence", "GIN": "geofence_enter", "GOT": "geofence_exit", "BPL": "low_battery"},
    **{"PNA": "power_on", "PFA": "power_off", "MPN": "power_restored", "MPF": "power_cut"},
    **{"JDR": "jamming", "CRA": "crash"},
}


def checksum_holds(frame: bytes) -> bool:
    """CRC-16/CCITT-FALSE from the message type on."""
    return crc16_ccitt_false(frame[4:-4]) == int.from_bytes(frame[-4:-2], "big")


def read_binary(frame: bytes, received_time_ms: int, *, damaged: bool) -> Message:
    """The message of a whole HEX frame.

    Raises:
        ProtocolError: too short for what its mask says.
    """
    header = frame[:4]
    place, width = HEADERS[header]
    start = place + width
    if len(frame) < start + _END_BYTES:
        raise refuse(f"a HEX frame of {len(frame)} bytes")
    cursor = Cursor("queclink", frame[start:-_END_BYTES])
    token = f"+SACK:{frame[-_END_BYTES:-4].hex().upper()}$".encode()
    if header in _REPORTS:
        mask = int.from_bytes(frame[5:9], "big")
        return _report(header, frame[4], mask, cursor, token, received_time_ms, damaged=damaged)
    if header == b"+HBD":
        return _heartbeat(frame[4], cursor, frame, damaged=damaged)
    if header == b"+LGN":
        cursor.take(7)
        return Message("login", _identity(cursor, is_name=False), token=token, damaged=damaged)
    unique_id = _find_identity(cursor)
    if header == b"+ACK":
        answer = f"+ACK:{frame[4]} {cursor.rest().hex()}"
        return Message("response", unique_id, text=answer, token=token, damaged=damaged)
    report = Report(_sent_ms(cursor.content, received_time_ms))
    report.event(f"{header[1:].decode()}:{frame[4]}")
    report.note("data", cursor.rest().hex())
    position = report.position(damaged=damaged)
    return Message("positions", unique_id, (position,), token=token, damaged=damaged)


def _heartbeat(mask: int, cursor: Cursor, frame: bytes, *, damaged: bool) -> Message:
    """Bits 1 to 3: device type, protocol version, firmware; bit 4: by name; bit 7: identity."""
    device = cursor.take(mask >> 1 & 1)
    version = cursor.take(2 * (mask >> 2 & 1))
    cursor.take(2 * (mask >> 3 & 1))
    has_identity = mask >> 7 & 1
    unique_id = _identity(cursor, is_name=bool(mask >> 4 & 1)) if has_identity else None
    count = frame[-_END_BYTES:-4].hex().upper()
    token = f"+SACK:GTHBD,{(device + version).hex().upper()},{count}$".encode()
    return Message("heartbeat", unique_id, token=token, damaged=damaged)


def _identity(cursor: Cursor, *, is_name: bool) -> str:
    """An IMEI is seven bytes of two decimal digits each and one of one; a name is text."""
    raw = cursor.take(8)
    if is_name or any(byte > 99 for byte in raw[:7]) or raw[7] > 9:
        name = raw.rstrip(b"\0").decode("latin-1")
        if not (name.isascii() and name.isprintable() and name):
            raise refuse(f"no identity: {raw.hex()}")
        return name
    return "".join(f"{byte:02d}" for byte in raw[:7]) + str(raw[7])


def _find_identity(cursor: Cursor) -> str:
    """The identity, before or after the device's type and versions."""
    for offset in _IDENTITY_OFFSETS:
        cursor.offset = offset
        raw = cursor.content[offset : offset + 8]
        if len(raw) == 8 and max(raw[:7]) < 100 and raw[7] < 10 and raw[0] >= 10:
            return _identity(cursor, is_name=False)
    cursor.offset = 0
    return _identity(cursor, is_name=True)


def _sent_ms(content: bytes, received_time_ms: int) -> int:
    """The send time at the end; what would lie in the future, or is none, is now."""
    if len(content) < _TIME.size:
        return received_time_ms
    sent_ms = _moment_ms(*_TIME.unpack_from(content, len(content) - _TIME.size))
    return received_time_ms if sent_ms is None else min(sent_ms, received_time_ms)


def _moment_ms(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int | None:
    if not (2000 <= year < 2100 and 1 <= month <= 12):
        return None
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1000


def _report(
    header: bytes,
    kind: int,
    mask: int,
    cursor: Cursor,
    token: bytes,
    received_time_ms: int,
    *,
    damaged: bool,
) -> Message:
    names = EVENT_NAMES if header in _EVENTS else REPORT_NAMES
    name = names.get(kind, f"{header[1:].decode()}:{kind}")
    sent_ms = _sent_ms(cursor.content, received_time_ms) if mask >> _SEND_TIME & 1 else None
    base = Report(received_time_ms if sent_ms is None else sent_ms)
    unique_id = _head(base, mask, cursor)
    _meaning(base, name)
    if header in _ARCHIVE:
        base.note("archive", value=True)
    is_compressed = kind == COMPRESSED and header not in _EVENTS
    read = _compressed if is_compressed else _fixes
    reports = read(base, mask, cursor, received_time_ms)
    positions = tuple(report.position(damaged=damaged) for report in reports)
    return Message("positions", unique_id, positions, token=token, damaged=damaged)


def _meaning(report: Report, name: str) -> None:
    if name != "FRI":
        report.event(name)
    report.alarm(_ALARMS.get(name))
    if name in _IGNITION:
        report.fields["ignition"] = _IGNITION[name]


def _head(report: Report, mask: int, cursor: Cursor) -> str:
    """Device, versions, identity, battery, supply, inputs, state of motion, satellites."""
    cursor.take((mask >> _DEVICE & 1) + 2 * (mask >> _VERSION & 1))
    if mask >> _FIRMWARE & 1:
        report.note("firmware", cursor.take(2).hex())
    unique_id = _identity(cursor, is_name=bool(mask >> _NAME & 1))
    if mask >> _BATTERY & 1:
        report.note("trackerBatteryPct", cursor.number(1))
    if mask >> _SUPPLY & 1:
        report.fields["battery_v"] = cursor.number(2) / 1000
    for bit, width in _PORT_BYTES.items():
        if mask >> bit & 1:
            report.note(f"bit:{bit}", cursor.take(width).hex())
    if mask >> _MOTION & 1:
        state(report, cursor.take(1).hex())
    if mask >> _SATELLITES & 1:
        report.fields["satellites"] = cursor.number(1)
    return unique_id


def _place_at(content: bytes, first: int) -> int | None:
    """Where a longitude, a latitude and a time stand."""
    for at in range(first, len(content) - _PLACE.size + 1):
        longitude, latitude, *time = _PLACE.unpack_from(content, at)
        if abs(longitude) > 180 * _MILLIONTHS or abs(latitude) > 90 * _MILLIONTHS:
            continue
        if 2000 <= time[0] < 2100 and _moment_ms(*time) is not None:
            return at
    return None


def _motion_bytes(mask: int) -> int:
    return 3 * (mask >> _SPEED & 1) + 2 * (mask >> _AZIMUTH & 1) + 2 * (mask >> _ALTITUDE & 1)


def _fixes(base: Report, mask: int, cursor: Cursor, received_time_ms: int) -> list[Report]:
    """What a report type has before its fixes varies: they are found by their time."""
    content, first = cursor.content, cursor.offset
    motion_bytes = _motion_bytes(mask)
    at = _place_at(content, first + motion_bytes + 1)
    if at is None:
        base.note("rest", cursor.rest().hex())
        return [base]
    before = content[first : at - motion_bytes - 1]
    count = before[-1] if before else 1
    if before[:-1]:
        base.note("eventData", before[:-1].hex())
    stride = 1 + motion_bytes + _PLACE.size + 9 * (mask >> _CELLS & 1)
    reports: list[Report] = []
    while at is not None and len(reports) < max(count, 1):
        report = Report(received_time_ms)
        _read_fix(report, mask, content, at)
        reports.append(report)
        cursor.offset = at - motion_bytes - 1 + stride
        following = at + stride
        at = following if _place_at(content[: following + _PLACE.size], following) else None
    _last(base, reports, mask, cursor)
    return reports


def _last(base: Report, reports: list[Report], mask: int, cursor: Cursor) -> None:
    """The newest fix gets what the report says once.

    The GB100 says accuracy 0 even with satellites: a place as old as the report is a fix.
    """
    report = reports[-1]
    _totals(base, mask, cursor)
    report.attributes |= base.attributes
    for name, value in base.fields.items():
        if name not in ("fix_time_ms", "valid"):
            report.fields[name] = value
    age_ms = base.fields["fix_time_ms"] - report.fields["fix_time_ms"]
    if report.fields.get("satellites") and "latitude_deg" in report.fields:
        report.fields["valid"] |= abs(age_ms) < _FRESH_MS


def _read_fix(report: Report, mask: int, content: bytes, at: int) -> None:
    longitude, latitude, *time = _PLACE.unpack_from(content, at)
    offset = at - _motion_bytes(mask)
    accuracy = content[offset - 1]
    speed = azimuth = altitude = None
    if mask >> _SPEED & 1:
        speed = int.from_bytes(content[offset : offset + 2], "big") + content[offset + 2] / 10
        offset += 3
    if mask >> _AZIMUTH & 1:
        azimuth = int.from_bytes(content[offset : offset + 2], "big")
        offset += 2
    if mask >> _ALTITUDE & 1:
        altitude = int.from_bytes(content[offset : offset + 2], "big", signed=True)
    report.fields["fix_time_ms"] = _moment_ms(*time)
    report.place(latitude / _MILLIONTHS, longitude / _MILLIONTHS, valid=accuracy > 0)
    report.motion(speed, azimuth, altitude)
    if accuracy:
        report.fields["hdop"] = float(accuracy)
    if mask >> _CELLS & 1 and at + _PLACE.size + _CELL.size <= len(content):
        _cell(report, content, at + _PLACE.size)


def _cell(report: Report, content: bytes, at: int) -> None:
    country, network, area, cell = _CELL.unpack_from(content, at)
    if country or area or cell:
        report.note("cells", cell_text(_digits(country), _digits(network), area, cell))


def _digits(packed: int) -> int:
    """MCC and MNC are decimal digits, four bits each."""
    digits = f"{packed:x}"
    return int(digits) if digits.isdecimal() else packed


def _totals(report: Report, mask: int, cursor: Cursor) -> None:
    """Mileage and hour meter of the trip and in total; then the send time."""
    if mask >> _TRIP & 1 and cursor.left >= 3:
        report.note("tripOdometerM", (cursor.number(2) + cursor.number(1) / 10) * 1000)
    if mask >> _MILEAGE & 1 and cursor.left >= 5:
        report.fields["odometer_m"] = (cursor.number(4) + cursor.number(1) / 10) * 1000
    if mask >> _TRIP_HOURS & 1 and cursor.left >= 3:
        hour, minute, second = cursor.take(3)
        report.note("ignitionOnS", hour * 3600 + minute * 60 + second)
    if mask >> _HOURS & 1 and cursor.left >= 6:
        hours, minute, second = cursor.number(4), cursor.number(1), cursor.number(1)
        report.fields["engine_hours_h"] = hours + minute / 60 + second / 3600


def _compressed(base: Report, mask: int, cursor: Cursor, received_time_ms: int) -> list[Report]:
    reports = read_points(cursor, received_time_ms)
    if not reports:
        return [base]
    if mask >> _CELLS & 1 and cursor.left >= 9:
        _cell(reports[-1], cursor.take(9), 0)
    _last(base, reports, mask, cursor)
    return reports
