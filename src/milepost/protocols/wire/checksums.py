"""Checksums of the wire formats, by the names that the protocols' documents give them."""

from fastcrc import crc16


def crc16_ibm(data: bytes) -> int:
    """CRC-16/IBM (also ARC): polynomial 0x8005 reflected, start 0. Teltonika."""
    return int(crc16.arc(data))


def crc16_x25(data: bytes) -> int:
    """CRC-16/X-25: polynomial 0x1021 reflected, start and final XOR 0xFFFF. GT06."""
    return int(crc16.ibm_sdlc(data))
