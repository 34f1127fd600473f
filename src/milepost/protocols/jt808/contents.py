"""What each type of message says: one reader a type, found by the type's number.

Source: JT/T 808-2019, chapter 8; JT/T 1078-2016, 5.3; captured frames for 0210, 0701, 2070, 6006.
"""

from collections.abc import Callable, Mapping
from struct import Struct

import msgspec

from milepost.domain.message import MessageKind
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.jt808 import jointech
from milepost.protocols.jt808.frames import PROTOCOL_NAME, Frame
from milepost.protocols.jt808.location import (
    BASIC_BYTES,
    read_basic,
    read_location,
    time_ms_of,
)
from milepost.protocols.jt808.passed_through import read_passed_through
from milepost.protocols.jt808.readers import text_of
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.report import Report

_RESULTS = ("done", "failed", "wrong message", "not supported", "alarm confirmed")
_DONE = 0
_CARD_TIME = slice(1, 7)
_AXES = Struct(">6sHHH")
_MEDIA_HEAD = Struct(">IBBBB")


class Content(msgspec.Struct, frozen=True):
    """What a message said, before it is known whose it is."""

    kind: MessageKind
    positions: tuple[Position, ...] = ()
    text: str | None = None
    attributes: dict[str, str] = {}
    reference: int | None = None
    accepted: bool | None = None


class Circumstances(msgspec.Struct, frozen=True):
    """When a frame came, and how far the device's clock is ahead of UTC."""

    received_time_ms: int
    offset_s: int


Read = Callable[[Frame, Circumstances], Content]


def _status(attributes: dict[str, str], time_ms: int) -> Position:
    return Position(time_ms, valid=False, attributes=attributes)


def _heartbeat(frame: Frame, around: Circumstances) -> Content:
    """0002, 0506: nothing, or what a maker adds."""
    if not frame.body:
        return Content("heartbeat")
    return Content("heartbeat", attributes={"data": frame.body.hex()})


def _login(frame: Frame, around: Circumstances) -> Content:
    """0100: province, city, maker, model, identity, colour and text of the number plate.

    Maker, model and identity have 5, 8 and 7 bytes in 2011, 5, 20 and 7 in 2013, 11, 30 and 30 in
    2019.
    """
    maker, model, identity = _REGISTRATION_WIDTHS[frame.header.version is not None]
    if frame.header.version is None and len(frame.body) < _LONG_REGISTRATION_BYTES:
        model = 8
    widths = (4, maker, model, identity, 1)
    parts, at = [], 0
    for width in widths:
        parts.append(frame.body[at : at + width])
        at += width
    named = {
        "manufacturer": text_of(parts[1]),
        "model": text_of(parts[2]),
        "registrationNumber": text_of(frame.body[at:]),
    }
    return Content("login", attributes={name: value for name, value in named.items() if value})


_REGISTRATION_WIDTHS = {False: (5, 20, 7), True: (11, 30, 30)}
_LONG_REGISTRATION_BYTES = 37


def _authentication(frame: Frame, around: Circumstances) -> Content:
    """0102: the code that the registration was answered with; IMEI and version since 2019."""
    if frame.header.version is None or not frame.body:
        return Content("login")
    after = 1 + frame.body[0]
    named = {
        "imei": text_of(frame.body[after : after + 15]),
        "firmware": text_of(frame.body[after + 15 : after + 35]),
    }
    return Content("login", attributes={name: value for name, value in named.items() if value})


def _answer(frame: Frame, around: Circumstances) -> Content:
    """0001: serial number and type of the platform's message, and what came of it."""
    cursor = Cursor(PROTOCOL_NAME, frame.body)
    reference, message_type, result = cursor.number(2), cursor.number(2), cursor.number(1)
    outcome = _RESULTS[result] if result < len(_RESULTS) else str(result)
    text = f"{message_type:04X}: {outcome}"
    return Content("response", text=text, reference=reference, accepted=result == _DONE)


def _parameters(frame: Frame, around: Circumstances) -> Content:
    """0104: serial number of the question, a count, then identity, length, value of each."""
    cursor = Cursor(PROTOCOL_NAME, frame.body)
    reference, count = cursor.number(2), cursor.number(1)
    parts = []
    for _ in range(count):
        item_id = cursor.number(4)
        parts.append(f"{item_id:04X}={_parameter(cursor.take(cursor.number(1)))}")
    return Content("response", text=";".join(parts), reference=reference, accepted=True)


def _parameter(value: bytes) -> str:
    text = text_of(value)
    is_text = len(value) > 4 and text.isprintable()
    return text if is_text else str(int.from_bytes(value, "big"))


def _description(frame: Frame, around: Circumstances) -> Content:
    """0107: type, maker, model, identity, SIM card, versions of hardware and software."""
    cursor = Cursor(PROTOCOL_NAME, frame.body)
    model, identity = (30, 30) if frame.header.version is not None else (20, 7)
    cursor.number(2)
    named = {"manufacturer": text_of(cursor.take(5)), "model": text_of(cursor.take(model))}
    cursor.take(identity)
    named["iccid"] = cursor.take(10).hex().rstrip("f")
    named["hardware"] = text_of(cursor.take(cursor.number(1)))
    named["firmware"] = text_of(cursor.take(cursor.number(1)))
    known = {name: value for name, value in named.items() if value.strip("0")}
    return Content("response", text=",".join(known.values()), attributes=known)


def _location(frame: Frame, around: Circumstances) -> Content:
    """0200."""
    report = read_location(frame.body, around.received_time_ms, around.offset_s)
    return Content("positions", (report.position(damaged=not frame.whole),))


def _located_answer(frame: Frame, around: Circumstances) -> Content:
    """0201, 0500: serial number of the question, then a location."""
    reference = Cursor(PROTOCOL_NAME, frame.body).number(2)
    report = read_location(frame.body[2:], around.received_time_ms, around.offset_s)
    positions = (report.position(damaged=not frame.whole),)
    return Content("response", positions, text="position", reference=reference, accepted=True)


def _batch(frame: Frame, around: Circumstances) -> Content:
    """0704: a count, whether it comes from the memory, then length and location of each.

    A last one that is cut off is read as far as it is there.
    """
    cursor = Cursor(PROTOCOL_NAME, frame.body)
    count, from_memory = cursor.number(2), cursor.number(1)
    positions: list[Position] = []
    while cursor.left > 2 and len(positions) < count:
        record = cursor.take(min(cursor.number(2), cursor.left))
        if len(record) < BASIC_BYTES:
            break
        report = read_location(record, around.received_time_ms, around.offset_s)
        if from_memory == 1:
            report.note("archive", value=True)
        positions.append(report.position(damaged=not frame.whole))
    return Content("positions", tuple(positions))


def _short_batch(frame: Frame, around: Circumstances) -> Content:
    """0210: a byte of length and a location, one after the other."""
    cursor = Cursor(PROTOCOL_NAME, frame.body)
    positions: list[Position] = []
    while cursor.left:
        record = cursor.take(min(cursor.number(1), max(cursor.left - 1, 0)))
        if len(record) < BASIC_BYTES:
            break
        report = read_location(record, around.received_time_ms, around.offset_s)
        positions.append(report.position(damaged=not frame.whole))
    return Content("positions", tuple(positions))


def _lock_report(frame: Frame, around: Circumstances) -> Content:
    """5501, 5502."""
    report = jointech.read_report(frame)
    return Content("positions", (report.position(damaged=not frame.whole),))


def _driver(frame: Frame, around: Circumstances) -> Content:
    """0702: in or out, time, state of the reader, name, certificate, authority, expiry.

    2011 has neither of the first three.
    """
    time_ms = time_ms_of(frame.body[_CARD_TIME].ljust(6, b"\xff"), around.offset_s)
    if time_ms is None or frame.body[0] not in (1, 2):
        return _old_driver(frame, around)
    report = Report(time_ms)
    cursor = Cursor(PROTOCOL_NAME, frame.body[7:])
    inserted = frame.body[0] == 1
    report.attributes["cardStatus"] = "in" if inserted else "out"
    if inserted and cursor.left and cursor.number(1) == _DONE and cursor.left:
        _read_card(report, cursor)
    return Content("positions", (report.position(damaged=not frame.whole),))


def _read_card(report: Report, cursor: Cursor) -> None:
    name = text_of(cursor.take(min(cursor.number(1), cursor.left)))
    card = text_of(cursor.take(min(20, cursor.left)))
    if name:
        report.attributes["driverName"] = name
    if card:
        report.attributes["driverUniqueId"] = card
    authority = text_of(cursor.take(min(cursor.number(1), cursor.left))) if cursor.left else ""
    if authority:
        report.attributes["card:authority"] = authority
    if cursor.left >= 4:
        report.attributes["card:expiry"] = cursor.take(4).hex()


def _old_driver(frame: Frame, around: Circumstances) -> Content:
    """Name, identity (20), certificate (40), authority."""
    cursor = Cursor(PROTOCOL_NAME, frame.body)
    report = Report(around.received_time_ms)
    name = text_of(cursor.take(cursor.number(1)))
    cursor.take(20)
    report.attributes["driverUniqueId"] = text_of(cursor.take(40))
    if name:
        report.attributes["driverName"] = name
    return Content("positions", (report.position(damaged=not frame.whole),))


def _bus(frame: Frame, around: Circumstances) -> Content:
    """0705: a count, hour to millisecond, then identity and eight bytes of each message."""
    cursor = Cursor(PROTOCOL_NAME, frame.body)
    count, _ = cursor.number(2), cursor.take(5)
    attributes = {}
    for _ in range(min(count, cursor.left // 12)):
        identity = cursor.number(4)
        attributes[f"can:{identity & 0x1FFFFFFF:x}"] = cursor.take(8).hex()
    position = msgspec.structs.replace(
        _status(attributes, around.received_time_ms), damaged=not frame.whole
    )
    return Content("positions", (position,))


def _media_event(frame: Frame, around: Circumstances) -> Content:
    """0800: number, kind, format, what made it, camera."""
    return Content("other", attributes=_media_attributes(frame.body))


def _media(frame: Frame, around: Circumstances) -> Content:
    """0801: the same, a basic location (none in 2011), and the recording: its size is kept."""
    attributes = _media_attributes(frame.body)
    at = _MEDIA_HEAD.size
    if len(frame.body) < at + BASIC_BYTES:
        return Content("other", attributes=attributes)
    place = frame.body[at : at + BASIC_BYTES]
    attributes["media:bytes"] = str(len(frame.body) - at - BASIC_BYTES)
    report = read_basic(place, around.received_time_ms, around.offset_s)
    report.attributes.update(attributes)
    return Content("positions", (report.position(damaged=not frame.whole),))


def _media_attributes(body: bytes) -> dict[str, str]:
    if len(body) < _MEDIA_HEAD.size:
        reason = f"a recording has {_MEDIA_HEAD.size} bytes or more, {len(body)} came"
        raise ProtocolError(PROTOCOL_NAME, reason)
    number, kind, form, event, camera = _MEDIA_HEAD.unpack_from(body)
    return {
        "media": str(number),
        "media:kind": str(kind),
        "media:format": str(form),
        "media:event": str(event),
        "media:camera": str(camera),
    }


def _passed_through(frame: Frame, around: Circumstances) -> Content:
    """0900: a kind, and what the vehicle or a device beside the tracker said."""
    if not frame.body:
        raise ProtocolError(PROTOCOL_NAME, "nothing is passed through")
    report = read_passed_through(frame.body, around.received_time_ms, around.offset_s)
    return Content("positions", (report.position(damaged=not frame.whole),))


def _accelerations(frame: Frame, around: Circumstances) -> Content:
    """2070: time and three axes with their sign in the highest bit, one after the other."""
    usable = len(frame.body) // _AXES.size * _AXES.size
    if not usable:
        raise ProtocolError(PROTOCOL_NAME, "no acceleration is there")
    records = list(_AXES.iter_unpack(frame.body[:usable]))
    time_ms = time_ms_of(records[0][0], around.offset_s)
    series = " ".join(",".join(map(_axis, record[1:])) for record in records)
    position = Position(
        around.received_time_ms if time_ms is None else time_ms,
        valid=False,
        damaged=not frame.whole,
        attributes={"accelerations": series},
    )
    return Content("positions", (position,))


def _axis(value: int) -> str:
    return str(-(value & 0x7FFF) if value & 0x8000 else value)


def _sized_text(frame: Frame, around: Circumstances) -> Content:
    """0701: length and text of an answer."""
    return Content("response", text=text_of(frame.body[4:]))


def _marked_text(frame: Frame, around: Circumstances) -> Content:
    """6006, 0300: a mark and a text."""
    return Content("response", text=text_of(frame.body[1:]))


def _numbered_choice(frame: Frame, around: Circumstances) -> Content:
    """0302, 0805, 0608 …: serial number of the question and the rest."""
    reference = Cursor(PROTOCOL_NAME, frame.body).number(2)
    return Content("response", text=frame.body[2:].hex(), reference=reference)


def _nothing(frame: Frame, around: Circumstances) -> Content:
    """0003 logging off, 0004 and 0109 asking for the time."""
    return Content("other")


def other(frame: Frame, around: Circumstances) -> Content:
    """Types that have no reader: kept in hex."""
    return Content("other", attributes={f"type:{frame.message_type:04x}": frame.body.hex()})


READERS: Mapping[int, Read] = {
    0x0001: _answer,
    0x0002: _heartbeat,
    0x0003: _nothing,
    0x0004: _nothing,
    0x0100: _login,
    0x0102: _authentication,
    0x0104: _parameters,
    0x0107: _description,
    0x0109: _nothing,
    0x0200: _location,
    0x0201: _located_answer,
    0x0210: _short_batch,
    0x0302: _numbered_choice,
    0x0500: _located_answer,
    0x0506: _heartbeat,
    0x0701: _sized_text,
    0x0702: _driver,
    0x0704: _batch,
    0x0705: _bus,
    0x0800: _media_event,
    0x0801: _media,
    0x0802: _numbered_choice,
    0x0805: _numbered_choice,
    0x0900: _passed_through,
    0x2070: _accelerations,
    0x5501: _lock_report,
    0x5502: _lock_report,
    0x6006: _marked_text,
}
"""Message type -> reader."""
