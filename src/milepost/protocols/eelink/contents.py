"""What Eelink's packages say, by their kind.

Source: "EELINK Device Protocol" V2.0, section 5; "EELINK Terminal Communication Protocol" V1.8.4;
captured frames (07).
"""

import re
from collections.abc import Callable, Mapping

import msgspec

from milepost.domain.message import MessageKind
from milepost.errors import ProtocolError
from milepost.protocols.eelink.frame import PROTOCOL_NAME, identity
from milepost.protocols.eelink.place import (
    ALARMS,
    cursor_of,
    read_measurements,
    read_old_place,
    read_place,
    read_state,
)
from milepost.protocols.wire.bus_readings import read_pid
from milepost.protocols.wire.elements import Put, signal
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

_FIELDS = TextFields(PROTOCOL_NAME)
_PHONE_BYTES = 21
_OBD_ELEMENT_BYTES = 5
_FIRST_OWN_PID = 0x80
_SHORT_OBD_BYTES = 4
_PLACE_TEXT = re.compile(
    r"Lat: ?([NS])(\d+\.\d+)\s*[,\n]\s*Lon: ?([EW])(\d+\.\d+)\s*[,\n]\s*"
    r"Course: ?(\d+\.\d+)\s*[,\n]\s*Speed: ?(\d+\.\d+) ?km/h\s*[,\n]\s*"
    r"Date ?Time: ?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)",
    re.IGNORECASE,
)


class Told(msgspec.Struct):
    """What a package said."""

    report: Report | None = None
    unique_id: str | None = None
    text: str | None = None
    reference: int | None = None


def read_login(content: bytes, received_time_ms: int) -> Told:
    """IMEI, language, time zone, and versions."""
    cursor = cursor_of(content)
    told = Told(unique_id=identity(cursor.take(8)))
    if cursor.left >= 6:
        cursor.take(2)
        report = Report(received_time_ms)
        system, application = cursor.number(2), cursor.number(2)
        report.note("firmware", f"{application >> 8}.{application & 0xFF}")
        report.note("hardware", f"{system >> 8}.{system & 0xFF}")
        told.report = report
    return told


def read_heartbeat(content: bytes, received_time_ms: int) -> Told:
    """The status, if the model sends it."""
    if len(content) < 2:
        return Told()
    report = Report(received_time_ms)
    read_state(cursor_of(content), report)
    return Told(report)


def read_location(content: bytes, received_time_ms: int) -> Told:
    """V2: place, status, measurements."""
    del received_time_ms
    cursor = cursor_of(content)
    report = read_place(cursor)
    if cursor.left >= 2:
        read_state(cursor, report)
        read_measurements(cursor, report)
    return Told(report)


def read_warning(content: bytes, received_time_ms: int) -> Told:
    """V2: place, kind of the warning, status."""
    told = read_report(content, received_time_ms)
    if told.report is not None:
        (code,) = told.report.fields["event_codes"]
        told.report.alarm(ALARMS.get(int(code, 16), "general"))
    return told


def read_report(content: bytes, received_time_ms: int) -> Told:
    """V2: place, kind of the report (ignition, inputs), status."""
    del received_time_ms
    cursor = cursor_of(content)
    report = read_place(cursor)
    report.event(f"{cursor.number(1):02x}")
    if cursor.left >= 2:
        read_state(cursor, report)
    return Told(report)


def read_message(content: bytes, received_time_ms: int) -> Told:
    """V2: place, a phone's number, the message that came from it."""
    del received_time_ms
    cursor = cursor_of(content)
    report = read_place(cursor)
    phone = cursor.take(min(_PHONE_BYTES, cursor.left)).rstrip(b"\0").decode("latin-1")
    text = cursor.rest().rstrip(b"\0").decode("utf-8", "replace")
    if phone:
        report.note("phone", phone)
    if text:
        report.note("text", text)
    return Told(report)


def read_old_location(content: bytes, received_time_ms: int) -> Told:
    """V1: place."""
    del received_time_ms
    return Told(read_old_place(cursor_of(content)))


def read_old_alarm(content: bytes, received_time_ms: int) -> Told:
    """V1: place, kind of the alarm."""
    del received_time_ms
    cursor = cursor_of(content)
    report = read_old_place(cursor)
    code = cursor.number(1)
    report.event(f"{code:02x}")
    report.alarm(ALARMS.get(code, "general"))
    return Told(report)


def read_old_state(content: bytes, received_time_ms: int) -> Told:
    """V1: place, kind of the change, its time; some models put a byte before or a status after."""
    del received_time_ms
    cursor = cursor_of(content)
    report = read_old_place(cursor)
    if cursor.left == 6:
        cursor.take(1)
    if cursor.left:
        report.event(f"{cursor.number(1):02x}")
    if cursor.left >= 6:
        cursor.take(4)
        read_state(cursor, report)
    return Told(report)


def read_obd(content: bytes, received_time_ms: int) -> Told:
    """Time, odometer, a byte, and elements: a PID and four bytes, filled up with 55.

    The short form has a status and a number that nobody explained.
    """
    cursor = cursor_of(content)
    if len(content) <= _SHORT_OBD_BYTES:
        report = Report(received_time_ms)
        read_state(cursor, report)
        if cursor.left:
            report.note("field:obd", cursor.rest().hex())
        return Told(report)
    report = Report(cursor.number(4) * 1000)
    report.fields["odometer_m"] = float(cursor.number(4))
    cursor.take(1)
    while cursor.left >= _OBD_ELEMENT_BYTES:
        _element(cursor.number(1), cursor.take(_OBD_ELEMENT_BYTES - 1), report)
    return Told(report)


def _element(pid: int, data: bytes, report: Report) -> None:
    put = _OWN_PIDS.get(pid)
    if put is not None:
        put(report, int.from_bytes(data, "big"))
    elif pid >= _FIRST_OWN_PID:
        report.note(f"pid:{pid:02x}", data.hex())
    else:
        read_pid(pid, data, report)


_OWN_PIDS: Mapping[int, Put] = {0x8A: signal("TraveledDistance", 1000)}


def read_answer(content: bytes, received_time_ms: int) -> Told:
    """A device's answer to a command, which repeats its number; one of them is a place."""
    del received_time_ms
    cursor = cursor_of(content)
    cursor.take(1)
    reference = cursor.number(4)
    text = cursor.rest().rstrip(b"\0").decode("utf-8", "replace")
    return Told(_place_of(text), None, text, reference)


def _place_of(text: str) -> Report | None:
    match = _PLACE_TEXT.search(text)
    if match is None:
        return None
    north, latitude, east, longitude, course, speed, time = match.groups()
    report = Report(_FIELDS.time_ms("time", time, "%Y-%m-%d %H:%M:%S"))
    latitude_deg, longitude_deg = float(latitude), float(longitude)
    report.place(
        -latitude_deg if north in "Ss" else latitude_deg,
        -longitude_deg if east in "Ww" else longitude_deg,
        valid=True,
    )
    report.motion(float(speed), float(course))
    return report


def _raw(kind: int) -> Callable[[bytes, int], Told]:
    def read(content: bytes, received_time_ms: int) -> Told:
        if not content:
            return Told()
        report = Report(received_time_ms)
        report.note(f"type:{kind:02x}", content.hex())
        return Told(report)

    return read


class Kind(msgspec.Struct, frozen=True):
    """What a kind of package is, and whether it is answered."""

    kind: MessageKind
    read: Callable[[bytes, int], Told]
    is_answered: bool = True


LOGIN, ANSWER = 0x01, 0x80
KINDS: Mapping[int, Kind] = {
    LOGIN: Kind("login", read_login),
    0x02: Kind("positions", read_old_location, is_answered=False),
    0x03: Kind("heartbeat", read_heartbeat),
    0x04: Kind("positions", read_old_alarm),
    0x05: Kind("positions", read_old_state),
    0x07: Kind("positions", read_obd),
    0x12: Kind("positions", read_location),
    0x14: Kind("positions", read_warning),
    0x15: Kind("positions", read_report),
    0x16: Kind("positions", read_message),
    ANSWER: Kind("response", read_answer, is_answered=False),
    0x81: Kind("other", _raw(0x81), is_answered=False),
    **{kind: Kind("other", _raw(kind)) for kind in (0x06, *range(0x17, 0x20))},
}
"""Kind of a package to its reading; 06 and 17 to 1f (OBD, parameters, cameras) are kept raw."""


def kind_of(number: int) -> Kind:
    """The kind of a package.

    Raises:
        ProtocolError: there is no such kind.
    """
    kind = KINDS.get(number)
    if kind is None:
        raise ProtocolError(PROTOCOL_NAME, f"there is no package {number:02x}")
    return kind
