import random

import pytest

from milepost.protocols.wire.checksums import crc16_ibm, crc16_x25


def bit_by_bit(data: bytes, polynomial: int, start: int, end: int) -> int:
    crc = start
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ polynomial if crc & 1 else crc >> 1
    return crc ^ end


def test_the_published_check_values_come_out() -> None:
    assert crc16_ibm(b"123456789") == 0xBB3D
    assert crc16_x25(b"123456789") == 0x906E


@pytest.mark.parametrize("length", (0, 1, 2, 3, 64, 257))
def test_they_equal_the_definition(length: int) -> None:
    data = random.Random(length).randbytes(length)
    assert crc16_ibm(data) == bit_by_bit(data, 0xA001, 0, 0)
    assert crc16_x25(data) == bit_by_bit(data, 0x8408, 0xFFFF, 0xFFFF)
