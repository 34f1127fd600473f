"""Checksums of the wire formats, as fast as plain Python allows."""

import binascii
import functools
from array import array

_REVERSED_BYTES = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc16_ibm(data: bytes) -> int:
    """CRC-16/IBM (also ARC): polynomial 0x8005 reflected, start 0. Teltonika.

    Two bytes a step: the register is 16 bits wide, so one table of 65,536 entries replaces it
    whole. Half the time of the usual byte-wise table, and this runs for every frame.
    """
    table = _ibm_word_table()
    crc = 0
    even = len(data) & ~1
    for word in memoryview(data)[:even].cast("H"):
        crc = table[crc ^ word]
    if even != len(data):
        crc = (crc >> 8) ^ _ibm_byte((crc ^ data[-1]) & 0xFF)
    return crc


@functools.cache
def _ibm_byte(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


@functools.cache
def _ibm_word_table() -> list[int]:
    rows = [_ibm_byte(value) for value in range(256)]
    table = [0] * 65536
    little_endian = array("H", [1]).tobytes()[0] == 1
    for low in range(256):
        first = rows[low]
        for high in range(256):
            crc = (first >> 8) ^ rows[(first ^ high) & 0xFF]
            table[low | high << 8 if little_endian else low << 8 | high] = crc
    return table


def crc16_x25(data: bytes) -> int:
    """CRC-16/X-25: polynomial 0x1021 reflected, start and final XOR 0xFFFF. GT06.

    The C function of the standard library computes the unreflected form; reversing the bits of
    the bytes before and of the result after makes it this one.
    """
    crc = binascii.crc_hqx(data.translate(_REVERSED_BYTES), 0xFFFF)
    return (_REVERSED_BYTES[crc & 0xFF] << 8 | _REVERSED_BYTES[crc >> 8]) ^ 0xFFFF
