"""The newest Queclink frames: `+`, a zero, length, identity in decimals … `$`.

Nothing of it is published; what is read here was found in captured frames: the place, its time and
the time of the report.
"""

import struct

from milepost.domain.message import Message
from milepost.protocols.queclink.values import refuse
from milepost.protocols.wire.report import Report

LENGTH_AT = 2
SMALLEST_BYTES = 24
_IDENTITY = slice(5, 13)
_VERSION = slice(13, 18)
_CONTENT_AT = 18
_FIX = struct.Struct(">iiI")
_MILLIONTHS = 1_000_000
_FIRST_S, _LAST_S = 1_420_070_400, 2_208_988_800
"""2015 and 2040: what lies between is taken for a time."""


def read_packed(frame: bytes, received_time_ms: int) -> Message:
    """The message of a whole frame.

    Raises:
        ProtocolError: no identity, no end.
    """
    digits = frame[_IDENTITY].hex()
    if len(frame) < SMALLEST_BYTES or frame[-1:] != b"$" or not digits.isdecimal():
        raise refuse(f"no frame begins with {frame[:16].hex()}")
    report = Report(received_time_ms)
    report.note("hardware", frame[_VERSION].hex())
    report.note("data", frame[_CONTENT_AT:-1].hex())
    for at in range(_CONTENT_AT, len(frame) - _FIX.size):
        longitude, latitude, moment_s = _FIX.unpack_from(frame, at)
        is_place = abs(longitude) <= 180 * _MILLIONTHS and abs(latitude) <= 90 * _MILLIONTHS
        if is_place and _FIRST_S <= moment_s < _LAST_S:
            report.fields["fix_time_ms"] = moment_s * 1000
            report.place(latitude / _MILLIONTHS, longitude / _MILLIONTHS, valid=True)
            break
    return Message("positions", digits.lstrip("0"), (report.position(),))
