"""Xexun's binary protocol of small battery trackers: records between two flags `FAAF`.

Source: "XEXUN Devices and Server Data Protocol for GPS tracker" 2021-05-20; "Xexun GPS Protocol"
1.1 (flags, header, checksum); captured frames.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from struct import Struct

from milepost.domain.command import CustomText, Interval
from milepost.domain.message import Message, MessageKind
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, texts
from milepost.protocols.contract import CodecContext, DeviceProtocol, Input
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.radio import cell_text, joined, station_text
from milepost.protocols.wire.report import Report

_PROTOCOL = "xexun2"
_MAX_BUFFER_BYTES = 8192
_FLAG, _ESCAPE = b"\xfa\xaf", b"\xfb\xbf"
_ESCAPED_FLAG, _ESCAPED_ESCAPE = b"\xfb\xbf\x01", b"\xfb\xbf\x02"
_HEADER = Struct(">HH8sHH")
_LENGTH_BITS = 0x0FFF
_COMMAND, _REPORT = 0x0007, 0x0014
_RECEIVED = b"\x01"
_IMEI_DIGITS = 15

_RECORD = Struct(">BIBHB")
_CHARGING, _CHARGE_BITS = 0x8000, 0x7FFF
_FIX, _PRECISE_FIX, _MOTION = Struct(">Bff"), Struct(">Bdd"), Struct(">HH")
_STATION, _CELL, _TOF_BYTES = Struct(">6sb"), Struct(">HHIIB"), 12
_INFORMATION = Struct(">20s8s10s")
_ALARM_BITS: Mapping[int, str] = {0: "sos", 15: "fall"}


class Xexun2Codec:
    """One connection."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(_PROTOCOL, _measure, self._frame, _MAX_BUFFER_BYTES)

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """A report's number and identity with the body 01; a command's answer is not answered."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: without an answer the tracker keeps its records."""
        del message
        return b""

    def _frame(self, data: bytes, received_time_ms: int) -> Sequence[Message]:
        if not (data.startswith(_FLAG) and data.endswith(_FLAG) and len(data) > len(_FLAG)):
            raise ProtocolError(_PROTOCOL, f"no frame is {data[:16].hex()}", offset=0)
        content = _unescaped(data[len(_FLAG) : -len(_FLAG)])
        if len(content) < _HEADER.size:
            raise ProtocolError(_PROTOCOL, f"a frame of {len(content)} bytes is too short")
        kind, number, identity, length, told = _HEADER.unpack_from(content)
        body = content[_HEADER.size :]
        if length & _LENGTH_BITS != len(body):
            reason = f"{length & _LENGTH_BITS} bytes are due, {len(body)} came"
            raise ProtocolError(_PROTOCOL, reason)
        damaged = told != _checksum(body)
        if damaged and not self._lenient:
            raise ProtocolError(_PROTOCOL, f"the checksum {told:04x} is wrong")
        unique_id = identity.hex()[:_IMEI_DIGITS]
        if not unique_id.isdecimal():
            raise ProtocolError(_PROTOCOL, f"an IMEI is due, {unique_id} came")
        del received_time_ms
        if kind == _COMMAND:
            text = body.decode("utf-8", "replace").strip("\0\r\n ")
            return (Message("response", unique_id, text=text, damaged=damaged, reference=number),)
        if kind != _REPORT:
            attributes = {"message:type": str(kind), "data": body.hex()}
            return (Message("other", unique_id, damaged=damaged, attributes=attributes),)
        positions = _records(body, damaged=damaged)
        sign: MessageKind = "positions" if positions else "login"
        token = _framed(kind, number, identity, _RECEIVED)
        return (Message(sign, unique_id, positions, token=token, damaged=damaged),)


def _measure(data: bytes, start: int) -> int:
    """From flag to flag; two flags in a row are an end and a begin."""
    if not data.startswith(_FLAG, start):
        begin = data.find(_FLAG, start)
        if begin < 0 and data.endswith(_FLAG[:1]):
            begin = len(data) - 1
        if begin == start:
            return -len(_FLAG)
        return (begin if begin >= 0 else len(data)) - start
    end = data.find(_FLAG, start + len(_FLAG))
    if end == start + len(_FLAG):
        return len(_FLAG)
    return end + len(_FLAG) - start if end >= 0 else -(len(data) - start + 1)


def _unescaped(content: bytes) -> bytes:
    if _ESCAPE not in content:
        return content
    parts = content.split(_ESCAPED_ESCAPE)
    return _ESCAPE.join(part.replace(_ESCAPED_FLAG, _FLAG) for part in parts)


def _checksum(body: bytes) -> int:
    """The complement of the sum of all bytes, whose carry is added again."""
    total = sum(body)
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _framed(kind: int, number: int, identity: bytes, body: bytes) -> bytes:
    content = _HEADER.pack(kind, number, identity, len(body), _checksum(body)) + body
    escaped = content.replace(_ESCAPE, _ESCAPED_ESCAPE).replace(_FLAG, _ESCAPED_FLAG)
    return _FLAG + escaped + _FLAG


def _records(body: bytes, *, damaged: bool) -> tuple[Position, ...]:
    """Their number, the length of each, then the records; an empty one asks for the protocol."""
    cursor = Cursor(_PROTOCOL, body)
    lengths = [cursor.number(2) for _ in range(cursor.number(1))]
    records = [cursor.take(length) for length in lengths]
    return tuple(_record(record).position(damaged=damaged) for record in records if any(record))


def _record(content: bytes) -> Report:
    """Number, time, signal, charge, then what the bits of a mask say, from the lowest on."""
    cursor = Cursor(_PROTOCOL, content)
    index, time_s, signal, charge, mask = _RECORD.unpack(cursor.take(_RECORD.size))
    report = Report(time_s * 1000)
    report.note("index", index)
    report.note("gsmSignal", signal)
    report.note("charging", bool(charge & _CHARGING))
    report.note("trackerBatteryPct", charge & _CHARGE_BITS)
    _put_parts(mask, _PARTS, cursor, report)
    if cursor.left:
        report.note("rest", cursor.rest().hex())
    return report


_Put = Callable[[Cursor, Report], None]


def _put_parts(mask: int, parts: Mapping[int, _Put], cursor: Cursor, report: Report) -> None:
    """Put the part of each bit that is set, up to one whose length nobody explained."""
    for bit in range(8):
        if mask >> bit & 1:
            put = parts.get(bit)
            if put is None:
                return
            put(cursor, report)


def _put_alarms(cursor: Cursor, report: Report) -> None:
    bits = cursor.number(4)
    report.note("alarmBits", bits)
    for bit in range(32):
        if bits >> bit & 1:
            report.event(bit)
            report.alarm(_ALARM_BITS.get(bit))


def _put_place(cursor: Cursor, report: Report) -> None:
    _put_parts(cursor.number(1), _PLACES, cursor, report)


def _put_information(cursor: Cursor, report: Report) -> None:
    """Version as text, subscriber's identity, number of the SIM card."""
    version, subscriber, card = _INFORMATION.unpack(cursor.take(_INFORMATION.size))
    text = version.rstrip(b"\0").decode("latin-1")
    report.note("firmware", text if text.isprintable() else version.hex())
    report.note("information:subscriber", subscriber.hex())
    report.note("iccid", card.hex())


_PARTS: Mapping[int, _Put] = {0: _put_alarms, 1: _put_place, 4: _put_information}


def _degrees(value: float) -> float:
    """`DDDMM.MMMM` with a sign."""
    if not math.isfinite(value):
        raise ProtocolError(_PROTOCOL, "a coordinate is no number")
    whole = int(abs(value) // 100)
    return math.copysign(whole + (abs(value) - whole * 100) / 60, value)


def _fix(layout: Struct) -> _Put:
    """Satellites, longitude, latitude."""

    def put(cursor: Cursor, report: Report) -> None:
        satellites, longitude, latitude = layout.unpack(cursor.take(layout.size))
        report.fields["satellites"] = satellites
        report.place(_degrees(latitude), _degrees(longitude), valid=True)

    return put


def _put_stations(cursor: Cursor, report: Report) -> None:
    found = (_STATION.unpack(cursor.take(_STATION.size)) for _ in range(cursor.number(1)))
    report.note("wifi", joined(station_text(mac, strength) for mac, strength in found))


def _put_cells(cursor: Cursor, report: Report) -> None:
    """MCC, MNC, area, cell, and a strength in the tracker's own steps."""
    found = [_CELL.unpack(cursor.take(_CELL.size)) for _ in range(cursor.number(1))]
    report.note("cells", joined(cell_text(*cell[:4]) for cell in found))
    report.note("cell:strengths", joined(str(cell[4]) for cell in found))


def _put_ranges(cursor: Cursor, report: Report) -> None:
    """Distances to anchors, by time of flight."""
    content = cursor.take(cursor.number(1) * _TOF_BYTES)
    report.note("place:tof", content.hex())


def _put_motion(cursor: Cursor, report: Report) -> None:
    """Tenths of km/h and of a degree."""
    speed, course = _MOTION.unpack(cursor.take(_MOTION.size))
    report.motion(speed / 10, course / 10)


_PLACES: Mapping[int, _Put] = {
    0: _fix(_FIX),
    1: _put_stations,
    2: _put_cells,
    3: _put_ranges,
    5: _put_motion,
    6: _fix(_PRECISE_FIX),
}


def _send(text: str, order: Order) -> bytes:
    identity = f"{order.unique_id:0<16}"
    if len(identity) != 16 or not (identity.isascii() and identity.isdecimal()):
        raise InvalidInput("uniqueId", order.unique_id, "an IMEI for xexun2")
    return _framed(_COMMAND, order.number, bytes.fromhex(identity), text.encode())


PROTOCOL = DeviceProtocol(
    name=_PROTOCOL,
    title="Xexun FAAF (X01, X02, DDX and other small trackers)",
    port=5233,
    transports=("tcp",),
    checksum="complement of the sum of the body's bytes",
    identity="IMEI in every frame",
    acknowledges="a report's header with the body 01",
    codec=Xexun2Codec,
    carries=("position", "cells", "wifi", "alarms"),
    commands=texts(
        {Interval: "tracking_send={interval_s},{interval_s}", CustomText: "{text}"}, _send
    ),
    max_buffer_bytes=_MAX_BUFFER_BYTES,
    resynchronizes=True,
)
