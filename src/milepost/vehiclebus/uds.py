"""UDS answers: data by identifier, trouble code reports, refusals.

How long a data record is only its maker knows, so the bytes of one that is not a standard text are
kept in hex; a DBC file of the customer's names what is in them.

Source: ISO 14229-1:2020, sections 11.2 (service 22), 12.3 (service 19), annex A (refusals) and C
(identifiers), D (status of trouble codes).
"""

from collections.abc import Callable, Mapping

from milepost.errors import ProtocolError
from milepost.vehiclebus.dtc import code_of
from milepost.vehiclebus.obd_identity import printable
from milepost.vehiclebus.reading import Reading

PROTOCOL = "uds"
REFUSED = 0x7F
POSITIVE = 0x40
READ_CODES = 0x19
READ_LOCAL_DATA = 0x21
READ_DATA = 0x22

REFUSALS: Mapping[int, str] = {
    0x10: "refused without a reason",
    0x11: "service not supported",
    0x12: "sub-function not supported",
    0x13: "wrong length or format",
    0x14: "answer too long",
    0x21: "busy, ask again",
    0x22: "conditions are not right",
    0x24: "wrong sequence of requests",
    0x25: "no answer from a control unit behind",
    0x26: "a failure prevents it",
    0x31: "value out of range",
    0x33: "access is locked",
    0x34: "authentication needed",
    0x35: "wrong key",
    0x36: "too many attempts",
    0x37: "wait before the next attempt",
    0x70: "upload or download refused",
    0x71: "transfer suspended",
    0x72: "programming failed",
    0x73: "wrong block number",
    0x78: "received, answer follows",
    0x7E: "sub-function not supported in this session",
    0x7F: "service not supported in this session",
    0x81: "engine speed too high",
    0x82: "engine speed too low",
    0x83: "engine is running",
    0x84: "engine is not running",
    0x85: "engine has run too short",
    0x86: "temperature too high",
    0x87: "temperature too low",
    0x88: "vehicle speed too high",
    0x89: "vehicle speed too low",
    0x8A: "pedal pressed too far",
    0x8B: "pedal not pressed enough",
    0x8C: "gearbox not in neutral",
    0x8D: "gearbox not in gear",
    0x8F: "brake not pressed",
    0x90: "lever not in park",
    0x91: "torque converter clutch locked",
    0x92: "voltage too high",
    0x93: "voltage too low",
}

_TEXTS: Mapping[int, str] = {
    0xF187: "spare part number",
    0xF188: "software number",
    0xF189: "software version",
    0xF18A: "supplier",
    0xF18C: "serial number",
    0xF190: "VIN",
    0xF191: "hardware number",
    0xF192: "supplier's hardware number",
    0xF193: "supplier's hardware version",
    0xF194: "supplier's software number",
    0xF195: "supplier's software version",
    0xF197: "control unit",
}
_VIN = 0xF190

_STATUS = (
    "test failed",
    "failed in this cycle",
    "pending",
    "confirmed",
    "not tested since clearing",
    "failed since clearing",
    "not tested in this cycle",
    "warning lamp",
)

_COUNT_REPORTS = frozenset({0x01, 0x07, 0x11, 0x12})
_LIST_REPORTS = frozenset({0x02, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x13, 0x15})


def is_answer(payload: bytes) -> bool:
    """Whether this is an answer that `read_answer` understands."""
    return bool(payload) and payload[0] in _ANSWERS


def read_answer(payload: bytes) -> tuple[Reading, ...]:
    """What an answer says.

    Raises:
        ProtocolError: it is no answer of a known service, or bytes are missing.
    """
    reader = _ANSWERS.get(payload[0]) if payload else None
    if reader is None:
        raise ProtocolError(PROTOCOL, f"{payload[:1].hex() or 'nothing'} is no known answer")
    return reader(payload[1:])


def _refusal(body: bytes) -> tuple[Reading, ...]:
    _need("a refusal", body, 2)
    service, reason = body[:2]
    text = REFUSALS.get(reason, f"reason {reason:02X}")
    return (Reading(f"SID {service:02X}", "refused", float(reason), text=text),)


def _data(body: bytes) -> tuple[Reading, ...]:
    _need("an answer to service 22", body, 3)
    number = int.from_bytes(body[:2], "big")
    identity, content = f"DID {number:04X}", body[2:]
    name = _TEXTS.get(number)
    if name is None:
        return (Reading(identity, "data record", text=content.hex().upper()),)
    path = "Vehicle.VehicleIdentification.VIN" if number == _VIN else None
    return (Reading(identity, name, path=path, text=printable(content)),)


def _local_data(body: bytes) -> tuple[Reading, ...]:
    """Service 21 of ISO 14230-3, which older control units answer on CAN as well."""
    _need("an answer to service 21", body, 2)
    return (Reading(f"LID {body[0]:02X}", "data record", text=body[1:].hex().upper()),)


def _codes(body: bytes) -> tuple[Reading, ...]:
    _need("an answer to service 19", body, 2)
    report = body[0]
    if report in _COUNT_REPORTS:
        _need("a count of trouble codes", body, 5)
        count = int.from_bytes(body[3:5], "big")
        return (Reading(f"report {report:02X}", "number of trouble codes", float(count)),)
    if report in _LIST_REPORTS:
        return _code_list(report, body[2:])
    return (Reading(f"report {report:02X}", "trouble code record", text=body[1:].hex().upper()),)


def _code_list(report: int, records: bytes) -> tuple[Reading, ...]:
    if len(records) % 4:
        raise ProtocolError(PROTOCOL, f"trouble codes in {len(records)} bytes, not 4 each")
    cuts = (records[n : n + 4] for n in range(0, len(records), 4))
    return tuple(
        Reading(
            f"report {report:02X}",
            "trouble code",
            float(cut[3]),
            text=f"{code_of(cut[0], cut[1])}-{cut[2]:02X}: {status_text(cut[3])}",
        )
        for cut in cuts
    )


def status_text(status: int) -> str:
    """The bits of a trouble code's status in words."""
    return ", ".join(text for bit, text in enumerate(_STATUS) if status >> bit & 1) or "none"


def _need(what: str, body: bytes, least: int) -> None:
    if len(body) < least:
        raise ProtocolError(PROTOCOL, f"{what} has {len(body)} bytes, not {least} or more")


_ANSWERS: Mapping[int, Callable[[bytes], tuple[Reading, ...]]] = {
    REFUSED: _refusal,
    POSITIVE + READ_CODES: _codes,
    POSITIVE + READ_LOCAL_DATA: _local_data,
    POSITIVE + READ_DATA: _data,
}
