"""Checksums of the wire formats, by the names that the protocols' documents give them."""

from functools import reduce
from operator import xor

from fastcrc import crc8, crc16


def crc16_ibm(data: bytes) -> int:
    """CRC-16/IBM (also ARC): polynomial 0x8005 reflected, start 0. Teltonika, ATrack, Wialon."""
    return int(crc16.arc(data))


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS: polynomial 0x8005 reflected, start 0xFFFF. Galileosky."""
    return int(crc16.modbus(data))


def crc16_x25(data: bytes) -> int:
    """CRC-16/X-25: polynomial 0x1021 reflected, start and final XOR 0xFFFF. GT06, Castel."""
    return int(crc16.ibm_sdlc(data))


def crc16_kermit(data: bytes) -> int:
    """CRC-16/KERMIT: polynomial 0x1021 reflected, start 0. Ruptela."""
    return int(crc16.kermit(data))


def crc16_xmodem(data: bytes) -> int:
    """CRC-16/XMODEM: polynomial 0x1021, start 0. Ulbotech."""
    return int(crc16.xmodem(data))


def crc16_ccitt_false(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF. EGTS, Queclink."""
    return int(crc16.ibm_3740(data))


def crc8_31(data: bytes) -> int:
    """CRC-8 with polynomial 0x31, start 0xFF (also NRSC-5). EGTS, Navtelecom."""
    return int(crc8.nrsc_5(data))


def xor8(data: bytes) -> int:
    """All bytes combined with exclusive or. NMEA, JT/T 808, Totem."""
    return reduce(xor, data, 0)


def sum8(data: bytes) -> int:
    """The lowest eight bits of the sum of all bytes. Meitrack, Cellocator."""
    return sum(data) & 0xFF
