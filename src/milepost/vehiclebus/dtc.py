"""Diagnostic trouble codes: from two bytes to `P0171` and back, and what they mean.

Source: SAE J2012 (ISO 15031-6): two bits name the system, two the first digit, twelve the rest. The
texts beside this module are Milepost's own wording of the generic codes.
"""

import functools
import re
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

from milepost.errors import ProtocolError

PROTOCOL = "dtc"
TEXTS = "dtc_texts.tsv"

_SYSTEMS = "PCBU"
_CODE = re.compile(r"([PCBU])([0-3][0-9A-F]{3})(?:-?([0-9A-F]{2}))?")

# By letter and first digit: whether SAE, not the maker, says what the code means. P3 is split.
_GENERIC = ("P0", "P2", "P34", "P35", "P36", "P37", "P38", "P39", "C0", "B0", "U0", "U3")


def code_of(high: int, low: int) -> str:
    """The code of two bytes: `code_of(0x01, 0x71)` is `P0171`."""
    return f"{_SYSTEMS[high >> 6]}{high >> 4 & 3}{high & 0xF:X}{low:02X}"


def bytes_of(code: str) -> bytes:
    """The two bytes of a code.

    Raises:
        ProtocolError: it is no trouble code.
    """
    match = _CODE.fullmatch(code)
    if match is None:
        raise ProtocolError(PROTOCOL, f"{code!r} is no trouble code")
    system, digits, _ = match.groups()
    return (_SYSTEMS.index(system) << 14 | int(digits, 16)).to_bytes(2, "big")


def codes_in(data: bytes) -> tuple[str, ...]:
    """The codes in pairs of bytes; 00 00 is padding."""
    pairs = zip(data[::2], data[1::2], strict=False)
    return tuple(code_of(high, low) for high, low in pairs if high or low)


def is_generic(code: str) -> bool:
    """Whether the code means the same in every vehicle."""
    return code.startswith(_GENERIC)


def text_of(code: str) -> str | None:
    """What a generic code means; None for a maker's own, or one without a text."""
    return texts().get(code[:5])


@functools.cache
def texts() -> Mapping[str, str]:
    """The generic codes that have a text. Read at the first call."""
    table = resources.files(__package__).joinpath(TEXTS).read_text("utf-8")
    return MappingProxyType(dict(line.split("\t") for line in table.splitlines()))
