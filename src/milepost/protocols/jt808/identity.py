"""A device's identity: digits of its phone number or IMEI, packed as the header has them.

Source: JT/T 808-2019, table 2: left-padded with zeros. Some makers put the first 14 digits of the
IMEI there as one binary number; the fifteenth digit is the Luhn check of the others.
"""

import re

from milepost.errors import InvalidInput
from milepost.protocols.jt808.frames import Header

_SHORT_DIGITS = 12
_IMEI_DIGITS = 15
_SHORT_BYTES, _LONG_BYTES = 6, 10
_IMEI_LIMIT = 10**14
_HEX = re.compile("[0-9a-fA-F]{12}")


def unique_id_of(identity: bytes) -> str:
    """The identity as people write it: twelve digits or more, the IMEI, or hex if it is neither."""
    digits = identity.hex()
    if digits.isdecimal():
        return digits.lstrip("0").zfill(_SHORT_DIGITS)
    number = int.from_bytes(identity, "big")
    if len(identity) == _SHORT_BYTES and number < _IMEI_LIMIT:
        return f"{number:014d}{_luhn_digit(number)}"
    return digits


def header_for(unique_id: str) -> Header:
    """The header of a device that was not heard yet: by the length of its identity.

    Raises:
        InvalidInput: an identity that the header has no place for.
    """
    if not (unique_id.isascii() and unique_id.isdecimal()):
        return Header(_hex_bytes(unique_id))
    if len(unique_id) == _IMEI_DIGITS:
        return Header(int(unique_id[:-1]).to_bytes(_SHORT_BYTES, "big"))
    if len(unique_id) <= _SHORT_DIGITS:
        return Header(bytes.fromhex(unique_id.zfill(_SHORT_DIGITS)))
    if len(unique_id) > 2 * _LONG_BYTES:
        raise InvalidInput("uniqueId", unique_id, "up to 20 digits")
    return Header(bytes.fromhex(unique_id.zfill(2 * _LONG_BYTES)), version=1)


def _hex_bytes(unique_id: str) -> bytes:
    if not _HEX.fullmatch(unique_id):
        raise InvalidInput("uniqueId", unique_id, "digits, or six bytes in hex")
    return bytes.fromhex(unique_id)


def _luhn_digit(number: int) -> int:
    total = 0
    for place, digit in enumerate(reversed(str(number))):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10
