"""H02's text frames: `*HQ,identity,type,…#`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.h02.fields import (
    KMH_PER_KNOT,
    PROTOCOL_NAME,
    degrees_of,
    fix_time_ms,
    place,
    status_fields,
)

_Fields = Sequence[str]
_VALIDITY = frozenset("AVB0123")
_SILENT = frozenset({"BS", "SMS"})
_ANSWERED = frozenset({"HTBT", "XT", "LINK", "NBR", "V0", "V3", "VP1"})


def read_text(frame: bytes, received_time_ms: int) -> Message:
    """The message of a frame between `*` and `#`.

    Raises:
        ProtocolError: not of the protocol's form, or a field that is not what it has to be.
    """
    text = frame.decode("latin-1").strip("*#")
    if not text.isprintable():
        raise ProtocolError(PROTOCOL_NAME, f"a frame that is not printable: {frame[:40]!r}")
    fields = [field.strip() for field in text.split(",")]
    if len(fields) < 3:
        raise ProtocolError(PROTOCOL_NAME, f"a frame of {len(fields)} fields: {text!r}")
    maker, unique_id, kind, *rest = fields
    token = _answer(maker, unique_id, kind, received_time_ms)
    at = _validity_at(rest)
    if at is not None:
        positions = _fixes(kind, rest, at, received_time_ms)
        return Message("positions", unique_id or None, positions, token=token)
    read = _KINDS.get(kind, _other)
    return read(unique_id or None, rest, received_time_ms, token)


def _answer(maker: str, unique_id: str, kind: str, received_time_ms: int) -> bytes:
    if kind not in _ANSWERED:
        return b""
    now = datetime.fromtimestamp(received_time_ms // 1000, UTC)
    return f"*{maker},{unique_id},V4,{kind},{now:%Y%m%d%H%M%S}#".encode("latin-1", "replace")


def _validity_at(rest: _Fields) -> int | None:
    """Where the validity stands, before latitude and its hemisphere: first or after the time."""
    for at in (0, 1):
        if len(rest) >= at + 7 and rest[at] in _VALIDITY and rest[at + 2] in ("N", "S"):
            return at
    return None


def _fixes(kind: str, rest: _Fields, at: int, received_time_ms: int) -> tuple[Position, ...]:
    latitude, north, longitude, east = rest[at + 1 : at + 5]
    where = place(
        _signed(degrees_of(latitude, 2), north == "S"),
        _signed(degrees_of(longitude, 3), east == "W"),
    )
    day_at = next((i for i in range(at + 6, len(rest)) if _is_day(rest[i])), None)
    day = "" if day_at is None else rest[day_at]
    if not where and not day:
        return ()
    after = rest[day_at + 1 :] if day_at is not None else rest[at + 7 :]
    attributes, status = _rest(kind, after)
    return (
        Position(
            fix_time_ms=fix_time_ms(day, rest[0] if at else "", received_time_ms),
            speed_kmh=_number(rest[at + 5]) * KMH_PER_KNOT,
            course_deg=_course(rest[at + 6]) if day_at != at + 6 else None,
            valid=bool(where) and rest[at] == "A" and bool(day),
            attributes=attributes,
            **where,
            **({} if status is None else status_fields(status)),
        ),
    )


def _is_day(field: str) -> bool:
    return len(field) == 6 and field.isdecimal() and 1 <= int(field[2:4]) <= 12


def _signed(degrees: float | None, negative: bool) -> float | None:
    return -degrees if negative and degrees is not None else degrees


def _number(field: str) -> float:
    try:
        number = float(field or 0)
    except ValueError as error:
        raise ProtocolError(PROTOCOL_NAME, f"a number is due, {field!r} came") from error
    if not 0 <= number < 10_000:
        raise ProtocolError(PROTOCOL_NAME, f"a number below 10000 is due, {field!r} came")
    return number


def _course(field: str) -> float | None:
    course_deg = _number(field)
    return course_deg if course_deg <= 360 else None


def _status(field: str) -> int | None:
    try:
        return int(field, 16) if len(field) == 8 else None
    except ValueError:
        return None


def _rest(kind: str, after: _Fields) -> tuple[dict[str, str], int | None]:
    """What follows the date: the status word first or last, a cell, identities, measurements."""
    attributes: dict[str, str] = {}
    status = next((word for word in map(_status, after) if word is not None), None)
    if status is not None:
        attributes["status"] = str(status)
    others = [field for field in after if _status(field) is None]
    if kind == "V19" and len(others) >= 3:
        attributes["iccid"] = others[-1].rstrip("?")
    elif kind == "V6" and len(others) >= 5:
        attributes["iccid"] = others[4]
    if len(others) >= 4 and others[0].isdecimal() and 200 <= int(others[0]) < 800:
        attributes["cell"] = "-".join(others[:4])
    elif others and any(others):
        attributes["extra"] = ",".join(others)
    return attributes, status


def _cells(unique_id: str | None, rest: _Fields, received_time_ms: int, token: bytes) -> Message:
    """NBR, V3, LINK: time … date, status; and VP1 without a fix."""
    day_at = next((i for i in range(len(rest) - 1, 0, -1) if _is_day(rest[i])), None)
    day = "" if day_at is None else rest[day_at]
    time = rest[0] if day and _is_time(rest[0]) else ""
    end = len(rest) if day_at is None else day_at
    attributes = {"network": ",".join(rest[1 if time else 0 : end])}
    status = _status(rest[day_at + 1]) if day_at is not None and day_at + 1 < len(rest) else None
    if status is not None:
        attributes["status"] = str(status)
    if day_at is not None and day_at + 2 < len(rest):
        attributes["trackerBatteryLevel"] = rest[day_at + 2]
    return _status_message(unique_id, day, time, attributes, status, received_time_ms, token)


def _is_time(field: str) -> bool:
    return len(field) == 6 and field.isdecimal() and int(field[:2]) < 24


def _link(unique_id: str | None, rest: _Fields, received_time_ms: int, token: bytes) -> Message:
    """Time, signal, satellites, battery in percent, steps, turnovers, date, status."""
    if len(rest) < 8 or not _is_day(rest[6]):
        raise ProtocolError(PROTOCOL_NAME, f"LINK has 8 fields, {len(rest)} came")
    names = ("gsmSignal", "satellites", "trackerBatteryPct", "steps", "turnovers")
    attributes = dict(zip(names, rest[1:6], strict=True))
    status = _status(rest[7])
    if status is not None:
        attributes["status"] = str(status)
    return _status_message(unique_id, rest[6], rest[0], attributes, status, received_time_ms, token)


def _status_message(
    unique_id: str | None,
    day: str,
    time: str,
    attributes: dict[str, str],
    status: int | None,
    received_time_ms: int,
    token: bytes,
) -> Message:
    position = Position(
        fix_time_ms=fix_time_ms(day, time, received_time_ms),
        valid=False,
        attributes=attributes,
        **({} if status is None else status_fields(status)),
    )
    return Message("positions", unique_id, (position,), token=token)


def _heartbeat(
    unique_id: str | None, rest: _Fields, received_time_ms: int, token: bytes
) -> Message:
    """HTBT, with the battery in percent or without."""
    if not rest or not rest[0].isdecimal():
        return Message("heartbeat", unique_id, token=token)
    status = Position(received_time_ms, valid=False, attributes={"trackerBatteryPct": rest[0]})
    return Message("heartbeat", unique_id, (status,), token=token)


def _response(unique_id: str | None, rest: _Fields, received_time_ms: int, token: bytes) -> Message:
    """V4: the command, its time, what came of it."""
    del received_time_ms
    return Message("response", unique_id, text=",".join(rest), token=token)


def _other(unique_id: str | None, rest: _Fields, received_time_ms: int, token: bytes) -> Message:
    del received_time_ms
    return Message("other", unique_id, text=",".join(rest) or None, token=token)


_KINDS: Mapping[str, Callable[[str | None, _Fields, int, bytes], Message]] = {
    "NBR": _cells,
    "V3": _cells,
    "VP1": _cells,
    "LINK": _link,
    "HTBT": _heartbeat,
    "V4": _response,
}
