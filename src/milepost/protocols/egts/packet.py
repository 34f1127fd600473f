"""EGTS: packets of the transport layer, as the platform sends them.

Source: Order 285 of the Ministry of Transport of Russia (31.07.2012), transport layer.
"""

import struct
from collections.abc import Sequence

from milepost.protocols.wire.checksums import crc8_31, crc16_ccitt_false

RESPONSE, APPDATA, SIGNED_APPDATA = 0, 1, 2
HEADER_BYTES = 11
_TO_DEVICE = 0x40
_RECORD_RESPONSE, _RESULT_CODE = 0, 9
_AUTH_SERVICE = 1


def packet(kind: int, number: int, content: bytes) -> bytes:
    """Header with its checksum, content with its own."""
    head = struct.pack("<BBBBBHHB", 1, 0, 0, HEADER_BYTES, 0, len(content), number, kind)
    return b"".join(
        (
            head,
            bytes((crc8_31(head),)),
            content,
            crc16_ccitt_false(content).to_bytes(2, "little") if content else b"",
        )
    )


def record(number: int, service: int, subrecord: int, content: bytes) -> bytes:
    """A record of one subrecord, to the device's service."""
    data = bytes((subrecord,)) + len(content).to_bytes(2, "little") + content
    head = struct.pack("<HHBBB", len(data), number, _TO_DEVICE, service, service)
    return head + data


def response(number: int, records: Sequence[tuple[int, int]], code: int) -> bytes:
    """The answer to a packet and to each of its records: (number, service)."""
    content = number.to_bytes(2, "little") + bytes((code,))
    for record_number, service in records:
        told = record_number.to_bytes(2, "little") + bytes((code,))
        content += record(record_number, service, _RECORD_RESPONSE, told)
    return packet(RESPONSE, number, content)


def result(number: int, record_number: int, code: int) -> bytes:
    """What became of an identification."""
    told = record(record_number, _AUTH_SERVICE, _RESULT_CODE, bytes((code,)))
    return packet(APPDATA, number, told)
