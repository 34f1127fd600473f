"""The envelope of MCGP: system code, type, unit id, content, checksum. All is little-endian.

Source: "Cellocator Wireless Communication Protocol" 4.1.8, "Message structure".
"""

from collections.abc import Mapping
from struct import Struct

import msgspec

from milepost.errors import ProtocolError
from milepost.protocols.wire.checksums import sum8

PROTOCOL_NAME = "cellocator"
MAX_FRAME_BYTES = 4096
SYSTEM_CODE = b"MCGP"
SYSTEM_CODE_OF_DEGREES = b"MCPG"
"""Units that write degrees where the others write radians."""
_CODES = (SYSTEM_CODE, SYSTEM_CODE_OF_DEGREES)
_CODE_BYTES = 4
STATUS, PROGRAMMING, LOG_FRAGMENT, FORWARDED, MODULAR, MODULAR_EXTENDED = 0, 3, 7, 8, 9, 11
_HEAD = Struct("<4sBI")

_FIXED_BYTES: Mapping[int, int] = {STATUS: 70, PROGRAMMING: 31, LOG_FRAGMENT: 70}
_COUNTED: Mapping[int, tuple[int, int, int]] = {
    FORWARDED: (16, 2, 19),
    MODULAR: (13, 1, 15),
    MODULAR_EXTENDED: (13, 2, 16),
}
"""Type -> where the content's length stands, its width, and the bytes around the content."""

_NUMERATOR_AT: Mapping[int, int] = {FORWARDED: 9}
_USUAL_NUMERATOR_AT = 11


class Frame(msgspec.Struct, frozen=True):
    """`content` is all between unit id and checksum."""

    code: bytes
    kind: int
    unit_id: int
    numerator: int
    content: bytes
    damaged: bool


def measure(data: bytes, start: int) -> int:
    """Length of the frame that begins at `start`; see `wire.framing.Measure`."""
    available = len(data) - start
    code = data[start : start + _CODE_BYTES]
    if not any(known.startswith(code) for known in _CODES):
        return _garbage(data, start)
    if available <= _CODE_BYTES:
        return -(_CODE_BYTES + 1)
    kind = data[start + _CODE_BYTES]
    length = _FIXED_BYTES.get(kind)
    if length is not None:
        return length
    counted = _COUNTED.get(kind)
    if counted is None:
        return _garbage(data, start)
    at, width, around = counted
    if available < at + width:
        return -(at + width)
    return around + int.from_bytes(data[start + at : start + at + width], "little")


def _garbage(data: bytes, start: int) -> int:
    """Up to where the next frame may begin."""
    following = data.find(SYSTEM_CODE[:1], start + 1)
    return following - start if following > 0 else len(data) - start


def opened(frame: bytes, *, lenient: bool) -> Frame:
    """The frame's parts.

    Raises:
        ProtocolError: it is no frame, or its checksum is wrong and `lenient` is not set.
    """
    kind = frame[4] if len(frame) > 4 else -1
    if not frame.startswith(_CODES) or (kind not in _FIXED_BYTES and kind not in _COUNTED):
        raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {frame[:5].hex()}", offset=0)
    if measure(frame, 0) != len(frame):
        reason = f"a frame of type {kind} has {abs(measure(frame, 0))} bytes, {len(frame)} came"
        raise ProtocolError(PROTOCOL_NAME, reason)
    code, _, unit_id = _HEAD.unpack_from(frame)
    end = len(frame) - 1
    computed = sum8(frame[_CODE_BYTES:end])
    damaged = computed != frame[end]
    if damaged and not lenient:
        reason = f"checksum is {frame[end]:02x}, computed is {computed:02x}"
        raise ProtocolError(PROTOCOL_NAME, reason, offset=end)
    numerator = frame[_NUMERATOR_AT.get(kind, _USUAL_NUMERATOR_AT)]
    return Frame(code, kind, unit_id, numerator, frame[_HEAD.size : end], damaged)


def written(kind: int, unit_id: int, content: bytes, code: bytes = SYSTEM_CODE) -> bytes:
    """A frame to the unit, with its checksum."""
    frame = _HEAD.pack(code, kind, unit_id) + content
    return frame + bytes((sum8(frame[_CODE_BYTES:]),))
