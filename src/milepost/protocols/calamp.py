"""CalAmp LMU, TTU, VPU and ATU units: LM Direct, one message a datagram.

An options header (who the unit is), a message header (service, type, sequence number), a content by
the type. All numbers are big-endian.

Source: "LM Direct Reference Guide" 8.4.e.3, sections 2 to 4; captured frames.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from struct import Struct

import msgspec

from milepost.domain.command import PositionNow
from milepost.domain.message import Message, MessageKind
from milepost.errors import ProtocolError
from milepost.protocols.commands import Order
from milepost.protocols.contract import CodecContext, DeviceProtocol, Input
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.framing import bytes_of
from milepost.protocols.wire.report import Report

_PROTOCOL = "calamp"
_MAX_DATAGRAM_BYTES = 4096

_UNACKNOWLEDGED, _ACKNOWLEDGED, _RESPONSE = range(3)
_OPTIONS_PRESENT = 0x80
_MOBILE_ID_BIT, _EXTENSION_BIT, _OPTION_BITS = 0, 6, 7
_EXTENSION_FIELDS = 5
_ACK_NAK, _LOCATE_REPORT = 1, 8

_HEADER = Struct(">BBH")
_FIX = Struct(">IIiiiIHBBHhBBBB")
_MINI = Struct(">IiiHBBBBBB")
_CM_PER_S_TO_KMH = 0.036

# Fix status: last known place, invalid fix; the place is then not of now.
_NOT_OF_NOW = 0b0000_1100
_HISTORIC = 0b0010_0000
_ROAMING = 0b0010_0000
_TECHNOLOGIES = ("2G", "3G", "4G")
_ANTENNA_FAILS = 0b0000_0010
_HDOP_UNKNOWN = 255
_VIN = re.compile(rb"VIN:([A-HJ-NPR-Z0-9]{17})")


class _Content(msgspec.Struct, frozen=True):
    """What a message's content gives."""

    kind: MessageKind
    reports: tuple[Report, ...] = ()
    text: str | None = None
    accepted: bool | None = None
    attributes: dict[str, str] = {}


class CalAmpCodec:
    """One datagram."""

    def __init__(self, context: CodecContext) -> None:
        del context

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The datagram's message; see `Codec.receive`."""
        datagram = bytes_of(_PROTOCOL, data)
        return (_message(Cursor(_PROTOCOL, datagram), received_time_ms),) if datagram else ()

    def acknowledge(self, message: Message) -> bytes:
        """An ACK with the sequence number, where one is asked for."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: without an ACK the unit keeps what it logs."""
        del message
        return b""


def _message(cursor: Cursor, received_time_ms: int) -> Message:
    mobile_id = _mobile_id(cursor)
    service, kind, sequence = _HEADER.unpack(cursor.take(_HEADER.size))
    read = _READERS.get(kind)
    if service > _RESPONSE or read is None:
        raise ProtocolError(_PROTOCOL, f"service {service} with message type {kind}")
    content = read(cursor, received_time_ms)
    is_response = service == _RESPONSE and content.kind == "other"
    return Message(
        "response" if is_response else content.kind,
        mobile_id,
        tuple(report.position() for report in content.reports),
        text=content.attributes.get("data") if is_response else content.text,
        token=_ack(sequence, kind) if service == _ACKNOWLEDGED else b"",
        attributes=content.attributes,
        reference=sequence if is_response or kind == _ACK_NAK else None,
        accepted=content.accepted,
    )


def _ack(sequence: int, kind: int) -> bytes:
    """A response that acknowledges: type, no error, a spare byte, no version."""
    return _HEADER.pack(_RESPONSE, _ACK_NAK, sequence) + bytes((kind, 0, 0, 0, 0, 0))


def _mobile_id(cursor: Cursor) -> str | None:
    """The options header: each option that is present has a length and its bytes.

    The unit's identity is packed in half bytes, the last one F if their number is odd.
    """
    if not cursor.peek() & _OPTIONS_PRESENT or not cursor.left:
        return None
    present = cursor.number(1)
    identity = ""
    for bit in range(_OPTION_BITS):
        if not present >> bit & 1:
            continue
        option = cursor.take(cursor.number(1))
        if bit == _MOBILE_ID_BIT:
            identity = option.hex().rstrip("f")
        elif bit == _EXTENSION_BIT and option:
            _skip_extension(cursor, option[0])
    return identity or None


def _skip_extension(cursor: Cursor, present: int) -> None:
    """ESN, VIN, encryption, compression, routing."""
    for bit in range(_EXTENSION_FIELDS):
        if present >> bit & 1:
            cursor.take(cursor.number(1))


def _fix(cursor: Cursor, received_time_ms: int) -> Report:
    """The block that event, locate, user and application messages begin with."""
    values = _FIX.unpack(cursor.take(_FIX.size))
    updated_s, fixed_s, latitude, longitude, altitude_cm, speed_cm_s, heading = values[:7]
    satellites, status, carrier, signal_dbm, comm, hdop, inputs, unit = values[7:]
    is_now = not status & _NOT_OF_NOW
    time_s = (fixed_s or updated_s) if is_now else (updated_s or fixed_s)
    report = Report(time_s * 1000 or received_time_ms)
    report.place(latitude / 1e7, longitude / 1e7, valid=is_now)
    report.motion(speed_cm_s * _CM_PER_S_TO_KMH, heading, altitude_cm / 100)
    report.fields["satellites"] = satellites
    if hdop != _HDOP_UNKNOWN:
        report.fields["hdop"] = hdop / 10
    attributes = report.attributes
    attributes["gnssStatus"] = str(status)
    attributes["signalDbm"] = str(signal_dbm)
    if carrier:
        attributes["operator"] = str(carrier)
    if status & _HISTORIC:
        attributes["archive"] = "true"
    if unit & _ANTENNA_FAILS:
        attributes["gnssAntenna"] = "1"
    attributes["status"] = str(unit)
    _read_network(report, comm)
    _read_inputs(report, inputs)
    return report


def _read_network(report: Report, comm: int) -> None:
    report.attributes["roaming"] = "true" if comm & _ROAMING else "false"
    technology = comm >> 6
    if technology < len(_TECHNOLOGIES):
        report.attributes["networkTechnology"] = _TECHNOLOGIES[technology]


def _read_inputs(report: Report, inputs: int) -> None:
    """Bit 0 is the ignition."""
    report.fields["ignition"] = bool(inputs & 1)
    report.attributes["inputs"] = str(inputs)


def _read_accumulators(report: Report, cursor: Cursor, counts: int) -> None:
    """Words of four bytes; the upper two bits of their number tell the format.

    Format 1 begins with a threshold and the mask of the accumulators that follow.
    """
    form, count = counts >> 6, counts & 0x3F
    words = [cursor.number(4) for _ in range(count)]
    numbers: Sequence[int] = range(count)
    if form == 1 and count >= 2:
        mask = words[1]
        numbers = [bit for bit in range(32) if mask >> bit & 1]
        words = words[2:]
    for number, word in zip(numbers, words, strict=False):
        report.attributes[f"accumulator:{number}"] = str(word)


def _event(cursor: Cursor, received_time_ms: int) -> _Content:
    report = _fix(cursor, received_time_ms)
    report.note("uploadReason", cursor.number(1))
    report.event(cursor.number(1))
    return _with_accumulators(report, cursor)


def _locate(cursor: Cursor, received_time_ms: int) -> _Content:
    return _with_accumulators(_fix(cursor, received_time_ms), cursor)


def _with_accumulators(report: Report, cursor: Cursor) -> _Content:
    """Their number, a spare byte, their words; older units leave them out."""
    if cursor.left >= 2:
        counts, _ = cursor.number(1), cursor.number(1)
        _read_accumulators(report, cursor, counts)
    if cursor.left:
        report.attributes["rest"] = cursor.rest().hex()
    return _Content("positions", (report,))


def _mini_event(cursor: Cursor, received_time_ms: int) -> _Content:
    """A short event: km/h, satellites in the lower half of a byte and the fix in the upper one."""
    values = _MINI.unpack(cursor.take(_MINI.size))
    updated_s, latitude, longitude, heading, speed_kmh, fix, comm, inputs, code, counts = values
    report = Report(updated_s * 1000 or received_time_ms)
    satellites = fix & 0x0F
    report.place(latitude / 1e7, longitude / 1e7, valid=satellites > 0)
    report.motion(speed_kmh, heading)
    report.fields["satellites"] = satellites
    report.note("gnssStatus", fix >> 4)
    report.event(code)
    _read_network(report, comm)
    _read_inputs(report, inputs)
    _read_accumulators(report, cursor, counts)
    return _Content("positions", (report,))


def _user_data(cursor: Cursor, received_time_ms: int) -> _Content:
    """What came over the unit's serial port, with the place."""
    report = _fix(cursor, received_time_ms)
    _read_user_message(report.attributes, cursor)
    return _with_accumulators(report, cursor)


def _read_user_message(attributes: dict[str, str], cursor: Cursor) -> None:
    attributes["message:route"] = str(cursor.number(1))
    attributes["message:id"] = str(cursor.number(1))
    attributes["data"] = _content_text(cursor.take(cursor.number(2)))


def _content_text(data: bytes) -> str:
    """A text as text, anything else in hex."""
    text = data.decode("ascii", "replace").strip("\r\n\0 ")
    return text if text.isprintable() and text.isascii() else data.hex()


def _application(cursor: Cursor, received_time_ms: int) -> _Content:
    """A program's message, such as a bus reader's; a VIN stands in it as text."""
    report = _fix(cursor, received_time_ms)
    report.note("message:application", cursor.number(2))
    data = cursor.take(cursor.number(2))
    vin = _VIN.search(data)
    if vin is not None:
        report.attributes["vin"] = vin[1].decode()
    report.attributes["data"] = _content_text(data)
    return _Content("positions", (report,))


def _mini_user(cursor: Cursor, received_time_ms: int) -> _Content:
    del received_time_ms
    attributes: dict[str, str] = {}
    _read_user_message(attributes, cursor)
    return _Content("other", attributes=attributes)


def _ack_or_nak(cursor: Cursor, received_time_ms: int) -> _Content:
    """Type that is answered, and 0 for success."""
    del received_time_ms
    kind, result = cursor.number(1), cursor.number(1)
    text = f"type {kind}: {_RESULTS.get(result, f'error {result}')}"
    return _Content("response", text=text, accepted=result == 0)


_RESULTS: Mapping[int, str] = {
    0: "success",
    1: "failed",
    2: "message type is not supported",
    3: "operation is not supported",
    4: "not passed to the serial port",
    5: "authentication failed",
    6: "mobile id is unknown",
    7: "repeated sequence number",
}

_IDENTITY: Sequence[tuple[str, int]] = (
    ("esn:1", 8),
    ("imei", 8),
    ("imsi", 8),
    ("phone", 8),
    ("iccid", 10),
)


def _id_report(cursor: Cursor, received_time_ms: int) -> _Content:
    """Versions, states and the numbers of the unit, modem and SIM, as many as come; then texts."""
    del received_time_ms
    attributes = {"configuration": f"script {cursor.number(1)}, configuration {cursor.number(1)}"}
    attributes["firmware"] = _content_text(cursor.take(3))
    attributes["vehicleId"] = str(cursor.number(1))
    attributes["status"] = str(cursor.number(1))
    attributes["message:modem"] = str(cursor.number(1))
    attributes["model"] = str(cursor.number(1))
    cursor.take(1 + 4)
    for name, length in _IDENTITY:
        if cursor.left < length:
            break
        digits = cursor.take(length).hex().rstrip("f")
        if digits.strip("0"):
            attributes[name] = digits
    if cursor.left:
        attributes["text"] = _content_text(cursor.rest())
    return _Content("other", attributes=attributes)


def _passed_through(cursor: Cursor, received_time_ms: int) -> _Content:
    """A parameter's value, or what a unit request gave."""
    del received_time_ms
    return _Content("other", attributes={"data": cursor.rest().hex()})


def _null(cursor: Cursor, received_time_ms: int) -> _Content:
    del cursor, received_time_ms
    return _Content("heartbeat")


_READERS: Mapping[int, Callable[[Cursor, int], _Content]] = {
    0: _null,
    _ACK_NAK: _ack_or_nak,
    2: _event,
    3: _id_report,
    4: _user_data,
    5: _application,
    6: _passed_through,
    7: _passed_through,
    _LOCATE_REPORT: _locate,
    9: _user_data,
    10: _mini_event,
    11: _mini_user,
}
"""Message type -> the reader of its content."""


def _locate_request(command: PositionNow, order: Order) -> bytes:
    del command
    return _HEADER.pack(_ACKNOWLEDGED, _LOCATE_REPORT, order.number)


PROTOCOL = DeviceProtocol(
    name=_PROTOCOL,
    title="CalAmp LM Direct (LMU, TTU, VPU, ATU)",
    port=5082,
    transports=("udp",),
    checksum="none",
    identity="mobile id in the options header",
    acknowledges="ACK (type 1 as a response) with the sequence number, where asked for",
    codec=CalAmpCodec,
    carries=("position", "io", "texts"),
    commands={PositionNow: _locate_request},
    max_buffer_bytes=_MAX_DATAGRAM_BYTES,
)
