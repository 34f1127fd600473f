"""Jointech's electronic locks: messages 5501 and 5502, and the texts in parentheses.

Source: Jointech "JT701 communication protocol": place and time (UTC) in binary-coded decimals, the
flags of the hemispheres in the last half byte; captured frames for the items.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from struct import Struct

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.jt808.frames import PROTOCOL_NAME, Frame
from milepost.protocols.jt808.location import time_ms_of
from milepost.protocols.jt808.readers import Read, text_of
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.speeds import KMH_PER_KNOT

_BLIND = 0x5502
_REPORT = Struct(">3s3s4s5sBBBBIBIHBHH")
_FIXED, _NORTH, _EAST = 1, 2, 4
_CHARGING = (0xAA, 0xAB)
_PADLOCK = 3
_BLOCKED_BIT = 5
_TEXT = re.compile(rb"\((\d{6,20}),(.*)\)", re.DOTALL)
_TIME_REQUEST = ",BASE,2,TIME"


def read_report(frame: Frame) -> Report:
    """Date (DDMMYY), time, place, motion, signal, battery, cell, product, state, alarms, items.

    Raises:
        ProtocolError: shorter than that, or digits that are none.
    """
    if len(frame.body) < _REPORT.size:
        reason = f"a report has {_REPORT.size} bytes or more, {len(frame.body)} came"
        raise ProtocolError(PROTOCOL_NAME, reason)
    day, clock, lat, lon, speed, course, rssi, satellites, km, battery, cell, area, *state = (
        _REPORT.unpack_from(frame.body)
    )
    time_ms = time_ms_of(day[::-1] + clock, 0)
    if time_ms is None:
        raise ProtocolError(PROTOCOL_NAME, f"no time {(day + clock).hex()}")
    report = Report(time_ms)
    _read_place(report, lat.hex(), lon.hex(), live=frame.message_type != _BLIND)
    report.motion(speed * KMH_PER_KNOT, course * 2)
    report.note("gsmSignal", rssi)
    report.fields["satellites"] = satellites
    report.fields["odometer_m"] = float(km * 1000)
    if battery <= 100:
        report.note("trackerBatteryPct", battery)
    elif battery in _CHARGING:
        report.note("charging", value=True)
    _read_state(report, *state)
    _read_items(report, frame.body[_REPORT.size :], cell, area)
    return report


def _read_place(report: Report, latitude: str, longitude: str, *, live: bool) -> None:
    digits = latitude + longitude[:-1]
    if not digits.isdecimal():
        raise ProtocolError(PROTOCOL_NAME, f"digits are due in {latitude} {longitude}")
    flags = int(longitude[-1], 16)
    north = int(latitude[:2]) + int(latitude[2:]) / 10_000 / 60
    east = int(longitude[:3]) + int(longitude[3:9]) / 10_000 / 60
    valid = live and bool(flags & _FIXED)
    report.place(
        round(north if flags & _NORTH else -north, 7),
        round(east if flags & _EAST else -east, 7),
        valid=valid,
    )


def _read_state(report: Report, product: int, status: int, alarms: int) -> None:
    report.note("status", status)
    report.note("model", product)
    if product == _PADLOCK:
        report.note("blocked", bool(status >> _BLOCKED_BIT & 1))
    if alarms:
        report.note("alarmBits", alarms)
        report.alarm("general")
        for bit in range(16):
            if alarms >> bit & 1:
                report.event(bit)


def _read_items(report: Report, content: bytes, cell: int, area: int) -> None:
    """Identity, length, content of each; MCC and MNC are among them."""
    at, country, network = 0, 0, 0
    while at + 2 <= len(content):
        item_id, length = content[at], content[at + 1]
        item = content[at + 2 : at + 2 + length]
        read = _ITEMS.get((item_id, len(item)))
        if item_id == _NETWORK and len(item) in (3, 4):
            country, network = (int.from_bytes(part, "big") for part in (item[:2], item[2:]))
        elif read is None:
            report.attributes[f"item:{item_id:02x}"] = item.hex()
        else:
            read(report, item)
        at += 2 + length
    if cell and area:
        report.attributes["cells"] = cell_text(country, network, area, cell)


_NETWORK = 0x0A


def _altitude(report: Report, content: bytes) -> None:
    report.motion(None, None, int.from_bytes(content, "big", signed=True))


def _unlocking(report: Report, content: bytes) -> None:
    """How it was tried, the password or card, what came of it."""
    report.note("event", content[0])
    report.event(content[0])
    report.attributes["driverUniqueId"] = text_of(content[1:-1])
    report.note("unlockResult", content[-1])


def _tilt(report: Report, content: bytes) -> None:
    axes = (int.from_bytes(content[at : at + 2], "big", signed=True) for at in (0, 2, 4))
    report.attributes["tilt"] = f"[{','.join(map(str, axes))}]"


def _fence(report: Report, content: bytes) -> None:
    report.note("geofenceId", int.from_bytes(content, "big"))


_ITEMS: Mapping[tuple[int, int], Read] = {
    (0x02, 2): _altitude,
    (0x0B, 8): _unlocking,
    (0x0C, 6): _tilt,
    (0xFC, 1): _fence,
}


def read_text(data: bytes, received_time_ms: int) -> Message:
    """`(identity,1,001,…)`: an answer to a command, or the question for the time.

    Raises:
        ProtocolError: it is not of this form.
    """
    match = _TEXT.fullmatch(data)
    if match is None:
        raise ProtocolError(PROTOCOL_NAME, f"no text of this protocol: {data[:60]!r}")
    unique_id, text = match[1].decode(), text_of(data)
    if not text.endswith(f"{_TIME_REQUEST})"):
        return Message("response", unique_id, text=text)
    now = datetime.fromtimestamp(received_time_ms // 1000, UTC)
    answer = text.replace("TIME)", f"{now:%Y%m%d%H%M%S})")
    return Message("other", unique_id, token=answer.encode())
