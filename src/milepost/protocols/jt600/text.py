"""Jointech's texts: `(identity,type,…)`.

Source: Jointech on JT600C (answers S39 and S20) and JT701D (P45, P69); captured frames.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from milepost.domain.message import Message, MessageKind
from milepost.errors import ProtocolError
from milepost.protocols.jt600.fix import FIELDS, PROTOCOL_NAME, put_battery, time_ms
from milepost.protocols.wire.report import Report

_Fields = Sequence[str]
_Read = Callable[[str, str, _Fields, int], Message]
_LAST_KIND_FIELD = 4
_JOURNEY_BEGIN, _JOURNEY_END, _JOURNEY_FIELDS = 2, 8, 14


def read_text(unique_id: str, fields: _Fields, received_time_ms: int) -> Message:
    """The message of the fields behind the identity.

    Raises:
        ProtocolError: a field that is missing or not what it has to be.
    """
    for at, kind in enumerate(fields[:_LAST_KIND_FIELD]):
        read = _KINDS.get(kind)
        if read is not None:
            return read(unique_id, kind, fields[at + 1 :], received_time_ms)
    return Message("response", unique_id, text=",".join(fields))


def _due(kind: str, fields: _Fields, count: int) -> None:
    if len(fields) < count:
        reason = f"{kind}: {count} fields are due, {len(fields)} came"
        raise ProtocolError(PROTOCOL_NAME, reason)


def _put_motion(speed: str, course: str, report: Report) -> None:
    report.motion(
        FIELDS.number("speed", speed or "0"), FIELDS.number("course", course) if course else None
    )


def _whole(name: str, text: str) -> int:
    value = FIELDS.whole(name, text)
    if value < 0:
        raise ProtocolError(PROTOCOL_NAME, f"{name}: {text} is below 0")
    return value


def _put_decimal_place(fields: _Fields, report: Report, *, valid: bool) -> None:
    """Degrees with a decimal point and hemispheres."""
    latitude, north, longitude, east = fields
    latitude_deg = FIELDS.number("latitude", latitude)
    longitude_deg = FIELDS.number("longitude", longitude)
    report.place(
        -latitude_deg if north == "S" else latitude_deg,
        -longitude_deg if east == "W" else longitude_deg,
        valid=valid,
    )


def _located(unique_id: str, kind: str, fields: _Fields, received_time_ms: int) -> Message:
    report = _location(kind, fields, received_time_ms)
    return Message("positions", unique_id, (report.position(),), token=b"(S39)")


def _alarmed(unique_id: str, kind: str, fields: _Fields, received_time_ms: int) -> Message:
    """An alarm's number, then a location; repeated until it is answered."""
    _due(kind, fields, 1)
    report = _location(kind, fields[1:], received_time_ms)
    report.event(fields[0])
    report.alarm("general")
    return Message("positions", unique_id, (report.position(),), token=b"(S20)")


def _location(kind: str, fields: _Fields, received_time_ms: int) -> Report:
    """Date, time, T or F, place, km/h, course, satellites, charge, status, cell, odometer in km."""
    _due(kind, fields, 17)
    report = Report(time_ms(fields[0], fields[1], received_time_ms))
    _put_decimal_place(fields[3:7], report, valid=fields[2] == "T")
    _put_motion(fields[7], fields[8], report)
    report.fields["satellites"] = _whole("satellites", fields[9])
    put_battery(_whole("battery", fields[10].rstrip("%")), report)
    report.note("status", fields[11])
    report.note("areaCode", fields[12])
    report.note("cellId", fields[13])
    report.note("gsmSignal", fields[14])
    report.fields["odometer_m"] = _whole("odometer", fields[15]) * 1000.0
    report.note("index", fields[16])
    if len(fields) > 17:
        report.note("extra", ",".join(fields[17:]))
    return report


def _vehicle(unique_id: str, kind: str, fields: _Fields, received_time_ms: int) -> Message:
    """Place, validity, date, time, km/h, course, charge, satellites, signal, kind of alert."""
    _due(kind, fields, 13)
    report = Report(time_ms(fields[5], fields[6], received_time_ms))
    report.place(
        FIELDS.degrees("latitude", fields[2], fields[3]),
        FIELDS.degrees("longitude", fields[0], fields[1]),
        valid=fields[4] == "A",
    )
    _put_motion(fields[7], fields[8], report)
    put_battery(_whole("battery", fields[9]), report)
    report.fields["satellites"] = _whole("satellites", fields[10])
    report.note("gsmSignal", fields[11])
    report.event(fields[12])
    if len(fields) > 13:
        report.note("extra", ",".join(fields[13:]))
    return Message("positions", unique_id, (report.position(),))


def _locking(unique_id: str, kind: str, fields: _Fields, received_time_ms: int) -> Message:
    """What happened at a lock; the answer names its running number (`P46` is for old locks)."""
    _due(kind, fields, 14)
    report = Report(time_ms(fields[0], fields[1], received_time_ms))
    _put_decimal_place(fields[2:6], report, valid=fields[6] == "A")
    _put_motion(fields[7], fields[8], report)
    report.event(fields[9])
    report.note("unlockResult", fields[10])
    if fields[11].strip("0"):
        report.note("driverUniqueId", fields[11])
    report.note("lock:password", fields[12])
    report.note("lock:wrongPasswords", fields[13])
    index = _whole("running number", fields[14]) if len(fields) > 14 else 0
    report.note("index", index)
    if len(fields) > 15:
        report.note("extra", ",".join(fields[15:]))
    token = f"(P46)(P69,0,{index})".encode()
    return Message("positions", unique_id, (report.position(),), token=token)


def _journey(unique_id: str, kind: str, fields: _Fields, received_time_ms: int) -> Message:
    """Where and when a journey began and ended."""
    _due(kind, fields, _JOURNEY_FIELDS)
    begin = _journey_point(fields[_JOURNEY_BEGIN:_JOURNEY_END], received_time_ms)
    end = _journey_point(fields[_JOURNEY_END:_JOURNEY_FIELDS], received_time_ms)
    end.note("extra", ",".join(fields[_JOURNEY_FIELDS:]))
    for report in (begin, end):
        report.event(kind)
        report.attributes["archive"] = "true"
    return Message("positions", unique_id, (begin.position(), end.position()))


def _journey_point(fields: _Fields, received_time_ms: int) -> Report:
    """Validity, `DDMMYYHHMMSS`, longitude behind E or W, latitude behind N or S."""
    validity, moment, east, longitude, north, latitude = fields
    report = Report(time_ms(moment[:6], moment[6:], received_time_ms))
    report.place(
        FIELDS.degrees("latitude", latitude, north),
        FIELDS.degrees("longitude", longitude, east),
        valid=validity == "A",
    )
    return report


def _base(unique_id: str, kind: str, fields: _Fields, received_time_ms: int) -> Message:
    """`BASE,2,TIME` asks for the time; other numbers are settings."""
    if list(fields[:2]) != ["2", "TIME"]:
        return Message("response", unique_id, text=",".join((kind, *fields)))
    now = datetime.fromtimestamp(received_time_ms // 1000, UTC)
    token = f"({unique_id},1,001,BASE,2,{now:%Y%m%d%H%M%S})".encode("latin-1")
    return Message("other", unique_id, token=token)


def _sign(sign: MessageKind) -> _Read:
    def read(unique_id: str, kind: str, fields: _Fields, received_time_ms: int) -> Message:
        del kind, fields, received_time_ms
        return Message(sign, unique_id)

    return read


_KINDS: Mapping[str, _Read] = {
    "U01": _located,
    "U02": _located,
    "U03": _located,
    "U04": _sign("heartbeat"),
    "U06": _alarmed,
    "U09": _journey,
    "W01": _vehicle,
    "P45": _locking,
    "BASE": _base,
    "@JT": _sign("login"),
}
