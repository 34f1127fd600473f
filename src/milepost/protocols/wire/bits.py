"""Words of bits and signed numbers."""

from collections.abc import Mapping
from functools import lru_cache

from milepost.protocols.wire.report import Report


@lru_cache(maxsize=4096)
def set_bits(word: int) -> tuple[int, ...]:
    """The bits of a word, not negative, that are 1; bit 0 is the lowest, and comes first."""
    return tuple(bit for bit in range(word.bit_length()) if word >> bit & 1)


def raise_alarms(report: Report, word: int, alarms: Mapping[int, str]) -> None:
    """An event for each bit that is 1, by its number, and the alarm where it stands for one."""
    for bit in set_bits(word):
        report.event(bit)
        report.alarm(alarms.get(bit))


def signed(raw: int, bits: int) -> int:
    """An unsigned number of so many bits, read in two's complement."""
    return raw - (1 << bits) if raw >> bits - 1 else raw
