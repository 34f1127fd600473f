"""A TAIP frame in its parts: `>`, body, parts after semicolons, `<`.

Source: Trimble "Copernicus GPS Receiver", appendix B, message format; Lantrix "Protocolo TAIP".
"""

import re
from collections.abc import Callable

import msgspec

from milepost.errors import ProtocolError
from milepost.protocols.wire.checksums import xor8
from milepost.protocols.wire.text_fields import TextFields

PROTOCOL_NAME = "taip"
FIELDS = TextFields(PROTOCOL_NAME)
_CHECKSUM = re.compile(rb"\*([0-9A-Fa-f]{2})<$")


class Frame(msgspec.Struct, frozen=True):
    """`number` is what the device counts its frames by, `#` included.

    `tags` are the other parts; `is_numbered_first`: the number stands before the identity.
    `sums_star`: the checksum includes its `*`, as Trimble has it and Lantrix does not.
    """

    body: str
    unique_id: str | None
    number: str | None
    tags: tuple[str, ...]
    is_numbered_first: bool
    sums_star: bool
    damaged: bool

    def acknowledgement(self) -> bytes:
        """`ACK` with the number, `SAK` for one that names its queue, or the bare identity."""
        if self.unique_id is None:
            return b""
        identity = f"ID={self.unique_id}"
        if self.number is None:
            return self.unique_id.encode("ascii")
        if ":" in self.number:
            return f">SAK;{identity};{self.number}<".encode("ascii")
        parts = [self.number, identity] if self.is_numbered_first else [identity, self.number]
        return framed(f"ACK;{';'.join(parts)}", sums_star=self.sums_star)


def framed(content: str, *, sums_star: bool = True) -> bytes:
    """A frame with its checksum.

    Raises:
        UnicodeEncodeError: the content is not ASCII.
    """
    text = f">{content};".encode("ascii")
    total = xor8(text + b"*" if sums_star else text)
    return text + f"*{total:02X}<".encode("ascii")


def frame_of(data: bytes, *, lenient: bool) -> Frame:
    """The parts of a whole frame.

    Raises:
        ProtocolError: not printable, without a body, or with a wrong checksum.
    """
    if not (data.isascii() and data[1:-1].decode("ascii").isprintable()):
        raise ProtocolError(PROTOCOL_NAME, f"a frame that is not printable: {data[:40]!r}")
    sums_star, damaged, content = _checked(data)
    if damaged and not lenient:
        raise ProtocolError(PROTOCOL_NAME, "the checksum is wrong")
    body, *parts = content.split(";")
    if not body:
        raise ProtocolError(PROTOCOL_NAME, "a frame without a body")
    identity_at = _first(parts, lambda part: part.startswith("ID="))
    number_at = _first(parts, lambda part: part.startswith("#"))
    known = (identity_at, number_at)
    return Frame(
        body,
        (parts[identity_at][3:] or None) if identity_at >= 0 else None,
        parts[number_at] if number_at >= 0 else None,
        tuple(part for at, part in enumerate(parts) if at not in known and part),
        is_numbered_first=0 <= number_at < identity_at,
        sums_star=sums_star,
        damaged=damaged,
    )


def _first(parts: list[str], is_it: Callable[[str], bool]) -> int:
    return next((at for at, part in enumerate(parts) if is_it(part)), -1)


def _checked(data: bytes) -> tuple[bool, bool, str]:
    """Whether the sum has the star in it, whether it is wrong, and what it is the sum of."""
    found = _CHECKSUM.search(data)
    if found is None:
        return True, False, data[1:-1].decode("ascii")
    told = int(found[1], 16)
    total = xor8(data[: found.start()])
    sums_star = told == total ^ ord("*")
    damaged = not sums_star and told != total
    return sums_star or damaged, damaged, data[1 : found.start()].decode("ascii")
