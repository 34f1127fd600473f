"""H02's text frames: `*HQ,identity,type,…#`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.h02.cells import (
    cell_after_status,
    cells_of_nbr,
    cells_of_v3,
    cells_of_vp1,
)
from milepost.protocols.h02.fields import (
    PROTOCOL_NAME,
    degrees_of,
    fix_time_ms,
    place,
    status_fields,
)
from milepost.protocols.wire.speeds import KMH_PER_KNOT

_Fields = Sequence[str]
_VALIDITY = frozenset("AVB0123")
_ANSWERED = frozenset({"HTBT", "XT", "LINK", "NBR", "V0", "V3", "VP1"})
_DONE = frozenset({"DONE", "OK", "SUCCESS"})
_NOT_DONE = frozenset({"FAIL", "FAILED", "ERR", "ERROR"})
_MOST_SATELLITES = 255


class Frame(NamedTuple):
    """A frame's fields after its type, and what else its message needs."""

    kind: str
    unique_id: str | None
    rest: _Fields
    token: bytes
    received_time_ms: int
    offset_s: int


def read_text(frame: bytes, received_time_ms: int, offset_s: int = 0) -> Message:
    """The message of a frame between `*` and `#`; its clock is `offset_s` ahead of UTC.

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
    came = Frame(kind, unique_id or None, rest, token, received_time_ms, offset_s)
    at = _validity_at(rest)
    if at is None:
        return _KINDS.get(kind, _other)(came)
    return Message("positions", came.unique_id, _fixes(came, at), token=token)


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


def _fixes(came: Frame, at: int) -> tuple[Position, ...]:
    rest = came.rest
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
    attributes, status = _rest(came.kind, after)
    return (
        Position(
            fix_time_ms=_time_ms(came, day, rest[0] if at else ""),
            speed_kmh=_number(rest[at + 5]) * KMH_PER_KNOT,
            course_deg=_course(rest[at + 6]) if day_at != at + 6 else None,
            valid=bool(where) and rest[at] == "A" and bool(day),
            attributes=attributes,
            **where,
            **({} if status is None else status_fields(status)),
        ),
    )


def _time_ms(came: Frame, day: str, time: str) -> int:
    return fix_time_ms(day, time, came.received_time_ms, came.offset_s)


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
        attributes["phone"] = others[-2]
        others = []
    while others and not others[0]:
        others = others[1:]
    cell = cell_after_status(others)
    if cell is not None:
        attributes["cells"] = cell
        others = others[4:]
    if kind == "V6" and others:
        attributes["iccid"] = others[0]
        others = others[1:]
    if any(others):
        attributes["extra"] = ",".join(others)
    return attributes, status


def _cells(came: Frame) -> Message:
    """NBR, V3: time, cells, date, status, battery; and VP1 without a fix."""
    rest = came.rest
    day_at = next((i for i in range(len(rest) - 1, 0, -1) if _is_day(rest[i])), None)
    day = "" if day_at is None else rest[day_at]
    time = rest[0] if day and _is_time(rest[0]) else ""
    end = len(rest) if day_at is None else day_at
    attributes = _CELLS[came.kind](rest[1 if time else 0 : end])
    after = [] if day_at is None else rest[day_at + 1 :]
    status = _status(after[0]) if after else None
    if len(after) > 1:
        attributes["trackerBatteryLevel"] = after[1]
    return _status_message(came, day, time, attributes, status)


def _is_time(field: str) -> bool:
    return len(field) == 6 and field.isdecimal() and int(field[:2]) < 24


def _link(came: Frame) -> Message:
    """Time, signal, satellites, battery in percent, steps, turnovers, date, status."""
    rest = came.rest
    if len(rest) < 8 or not _is_day(rest[6]):
        raise ProtocolError(PROTOCOL_NAME, f"LINK has 8 fields, {len(rest)} came")
    names = ("gsmSignal", "satellitesVisible", "trackerBatteryPct", "steps", "turnovers")
    attributes = {name: field for name, field in zip(names, rest[1:6], strict=True) if field}
    return _status_message(came, rest[6], rest[0], attributes, _status(rest[7]))


def _status_message(
    came: Frame, day: str, time: str, attributes: dict[str, str], status: int | None
) -> Message:
    if status is not None:
        attributes["status"] = str(status)
    position = Position(
        fix_time_ms=_time_ms(came, day, time),
        valid=False,
        attributes=attributes,
        **({} if status is None else status_fields(status)),
    )
    return Message("positions", came.unique_id, (position,), token=came.token)


def _heartbeat(came: Frame) -> Message:
    """HTBT, with the battery in percent or without."""
    battery = came.rest[0] if came.rest else ""
    if not battery.isdecimal():
        return Message("heartbeat", came.unique_id, token=came.token)
    attributes = {"trackerBatteryPct": battery}
    status = Position(came.received_time_ms, valid=False, attributes=attributes)
    return Message("heartbeat", came.unique_id, (status,), token=came.token)


def _response(came: Frame) -> Message:
    """V4: the command, its time, what came of it."""
    words = {field.upper() for field in came.rest}
    accepted = True if words & _DONE else False if words & _NOT_DONE else None
    text = ",".join(came.rest)
    return Message("response", came.unique_id, text=text, token=came.token, accepted=accepted)


def _other(came: Frame) -> Message:
    return Message("other", came.unique_id, text=",".join(came.rest) or None, token=came.token)


_CELLS: Mapping[str, Callable[[_Fields], dict[str, str]]] = {
    "NBR": cells_of_nbr,
    "V3": cells_of_v3,
    "VP1": cells_of_vp1,
}

_KINDS: Mapping[str, Callable[[Frame], Message]] = {
    **dict.fromkeys(_CELLS, _cells),
    "LINK": _link,
    "HTBT": _heartbeat,
    "V4": _response,
}
