"""Jointech's binary frames: `$`, identity, kind, length, records, running number.

Source: "The Protocol of JT701 Product" 3.6, position data and status bits; captured frames.
"""

from collections.abc import Callable, Mapping
from struct import Struct

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.jt600.fix import FIX_BYTES, PROTOCOL_NAME, put_battery, read_fix
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report

_OLD_HEADER, _NEW_HEADER = Struct(">6xBH"), Struct(">6xBBH")
_HIGHEST_LENGTH_BYTE = 0x0F
HEADER_BYTES = _NEW_HEADER.size
_OLD_RECORD_BYTES = 27
_ARCHIVED_KINDS = (3, 4)
_P69_VERSION = 0x19

_VEHICLE = Struct(">BBBhHHB")
_FUEL = Struct(">BIIB")
_LOCK = Struct(">IBIHBHHB")
_WAKE = Struct(">BBH")
_NETWORK = Struct(">8sHHB")
_UNKNOWN_BYTE, _UNKNOWN_WORD = 0x0F, 0x0F0F

_BY_CELLS, _NEEDS_ANSWER, _LOCKED = 0, 5, 7
_ALARM_BITS: Mapping[int, str] = {
    1: "geofence_enter",
    2: "geofence_exit",
    3: "tampering",
    4: "vibration",
    8: "unlock",
    9: "tampering",
    10: "tampering",
    11: "low_battery",
    12: "tampering",
    14: "fault",
}
"""Fence, rope cut, shock, unlocked, wrong password, unknown card, battery, back cap, motor."""
_ROPE, _BACK_CAP = 6, 13
_ANY_ALARM = sum(1 << bit for bit in _ALARM_BITS)


def _is_old(frame: bytes, start: int) -> bool:
    """Old frames have their length behind the kind; new ones have a byte of version before it."""
    return frame[start + 7] <= _HIGHEST_LENGTH_BYTE


def frame_length(data: bytes, start: int) -> int:
    """Of the frame whose first ten bytes are there."""
    if _is_old(data, start):
        return int(_OLD_HEADER.unpack_from(data, start)[1]) + _OLD_HEADER.size + 1
    return int(_NEW_HEADER.unpack_from(data, start)[2]) + _NEW_HEADER.size


def read_binary(frame: bytes, received_time_ms: int) -> Message:
    """The message of a whole frame.

    Raises:
        ProtocolError: an identity or a record that cannot be.
    """
    unique_id = frame[1:6].hex()
    if not unique_id.isdecimal():
        raise ProtocolError(PROTOCOL_NAME, f"an identity of ten digits is due, {unique_id} came")
    if _is_old(frame, 0):
        return _old(unique_id, frame, received_time_ms)
    return _new(unique_id, frame, received_time_ms)


def _old(unique_id: str, frame: bytes, received_time_ms: int) -> Message:
    """Upper four bits: the device's type; lower ones: why it reports."""
    types, length = _OLD_HEADER.unpack_from(frame)
    count, rest_bytes = divmod(length, _OLD_RECORD_BYTES)
    if not count or rest_bytes:
        reason = f"records of {_OLD_RECORD_BYTES} bytes are due, {length} bytes came"
        raise ProtocolError(PROTOCOL_NAME, reason)
    put = _OLD_CONTENTS.get(types >> 4, _put_unknown)
    digits = frame.hex()
    positions = []
    for number in range(count):
        begin = _OLD_HEADER.size + number * _OLD_RECORD_BYTES
        report = read_fix(digits[begin * 2 : (begin + FIX_BYTES) * 2], received_time_ms)
        put(frame, begin + FIX_BYTES, report)
        _put_frame(types & 0x0F, frame[-1], report)
        positions.append(report.position())
    return Message("positions", unique_id, tuple(positions))


def _put_frame(kind: int, index: int, report: Report) -> None:
    report.attributes["uploadReason"] = str(kind)
    report.attributes["index"] = str(index)
    if kind in _ARCHIVED_KINDS:
        report.attributes["archive"] = "true"


def _put_vehicle(frame: bytes, start: int, report: Report) -> None:
    """Satellites, charge, bits, altitude, cell, area, signal."""
    satellites, percent, bits, altitude_m, cell, area, signal = _VEHICLE.unpack_from(frame, start)
    report.fields["satellites"] = satellites
    put_battery(percent, report)
    report.note("status", bits)
    report.motion(None, None, altitude_m)
    _put_cell(cell, area, signal, report)


def _put_fuel(frame: bytes, start: int, report: Report) -> None:
    """A fuel sensor in two halves around status and odometer in km."""
    upper, status, odometer_km, lower = _FUEL.unpack_from(frame, start)
    report.note("fuelSensor1", upper << 8 | lower)
    report.note("status", status)
    report.fields["odometer_m"] = odometer_km * 1000.0


def _put_unknown(frame: bytes, start: int, report: Report) -> None:
    report.note("rest", frame[start : start + _OLD_RECORD_BYTES - FIX_BYTES].hex())


_OLD_CONTENTS: Mapping[int, Callable[[bytes, int, Report], None]] = {1: _put_vehicle, 2: _put_fuel}
"""Type of device -> what puts the ten bytes behind the fix."""


def _put_cell(cell: int, area: int, signal: int, report: Report) -> None:
    if cell or area:
        report.attributes["cellId"] = str(cell)
        report.attributes["areaCode"] = str(area)
    report.attributes["gsmSignal"] = str(signal)


def _new(unique_id: str, frame: bytes, received_time_ms: int) -> Message:
    """Kind, one record, which newer firmware made longer, and its running number."""
    version, types, _ = _NEW_HEADER.unpack_from(frame)
    begin = _NEW_HEADER.size
    if len(frame) <= begin + FIX_BYTES + _LOCK.size:
        raise ProtocolError(PROTOCOL_NAME, f"a record of {len(frame) - begin} bytes is too short")
    report = read_fix(frame[begin : begin + FIX_BYTES].hex(), received_time_ms)
    values = _LOCK.unpack_from(frame, begin + FIX_BYTES)
    odometer_km, satellites, vehicle, status, percent, cell, area, signal = values
    report.fields["odometer_m"] = odometer_km * 1000.0
    report.fields["satellites"] = satellites
    if vehicle:
        report.attributes["vehicleId"] = str(vehicle)
    put_battery(percent, report)
    _put_cell(cell, area, signal, report)
    _put_status(status, report)
    index = frame[-1]
    _put_frame(types & 0x0F, index, report)
    _put_extension(frame[begin + FIX_BYTES + _LOCK.size : -1], cell, area, report)
    token = _answer(version, index) if status >> _NEEDS_ANSWER & 1 else b""
    return Message("positions", unique_id, (report.position(),), token=token)


def _answer(version: int, index: int) -> bytes:
    return f"(P69,0,{index})".encode() if version >= _P69_VERSION else b"(P35)"


def _put_status(status: int, report: Report) -> None:
    attributes = report.attributes
    attributes["status"] = str(status)
    attributes["locked"] = "true" if status >> _LOCKED & 1 else "false"
    attributes["ropeInserted"] = "true" if status >> _ROPE & 1 else "false"
    attributes["coverClosed"] = "true" if status >> _BACK_CAP & 1 else "false"
    if status >> _BY_CELLS & 1:
        attributes["locatedBy"] = "cells"
    if status & _ANY_ALARM:
        for bit, alarm in _ALARM_BITS.items():
            if status >> bit & 1:
                report.alarm(alarm)
                report.event(bit + 1)


def _put_extension(content: bytes, cell: int, area: int, report: Report) -> None:
    """Fence, why the device woke up and more status bits; then IMEI and the network."""
    if len(content) >= _WAKE.size:
        fence, wake, status = _WAKE.unpack_from(content)
        if fence:
            report.note("geofenceId", fence)
        if (wake, status) != (_UNKNOWN_BYTE, _UNKNOWN_WORD):
            report.note("wakeReason", wake)
        if status != _UNKNOWN_WORD:
            report.note("statusExtended", status)
        content = content[_WAKE.size :]
        if len(content) >= _NETWORK.size:
            _put_network(content, cell, area, report)
            content = content[_NETWORK.size :]
    if content:
        report.note("rest", content.hex())


def _put_network(content: bytes, cell: int, area: int, report: Report) -> None:
    """IMEI, the upper half of the cell, MCC and MNC; what is not known is 0F all over."""
    imei, upper, country, network = _NETWORK.unpack_from(content)
    digits = imei.hex()
    if digits.isdecimal() and int(digits):
        report.note("imei", digits.lstrip("0"))
    if country and country != _UNKNOWN_WORD:
        whole = cell if upper == _UNKNOWN_WORD else upper << 16 | cell
        report.note("cells", cell_text(country, network, area, whole))
