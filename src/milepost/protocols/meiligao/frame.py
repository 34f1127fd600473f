"""Meiligao's frames: `$$`, length, identity, command, data, CRC, line end; the server's with `@@`.

Source: "Meiligao GPRS Communication Protocol GT30i/GT60/VT300/VT310/VT400" V2.1, section I.
"""

from milepost.errors import ProtocolError
from milepost.protocols.wire.checksums import crc16_ccitt_false

PROTOCOL_NAME = "meiligao"
HEAD_BYTES, TAIL_BYTES = 13, 4
IDENTITY_DIGITS = 14
BEGINS = (b"$$", b"@@")
_SERVER = b"@@"
LINE_END = b"\r\n"
FEWEST_BYTES = HEAD_BYTES + TAIL_BYTES
_LOST_BYTES = 2
_FILLING = b"\0\r\n \t"


def measure(data: bytes, start: int) -> int:
    """By the stated length; a line end stands in for one that is too short or a little too long."""
    if data[start : start + 2] not in BEGINS:
        return _garbage(data, start)
    have = len(data) - start
    if have < FEWEST_BYTES:
        return -FEWEST_BYTES
    stated = int.from_bytes(data[start + 2 : start + 4], "big")
    if stated < FEWEST_BYTES:
        end = data.find(LINE_END, start + FEWEST_BYTES - 2)
        return -(have + 1) if end < 0 else end + 2 - start
    if have < stated:
        is_cut = stated - have <= _LOST_BYTES and data.endswith(LINE_END)
        return have if is_cut else -min(stated, max(have + 1, stated - _LOST_BYTES))
    return _within(data, start, stated)


def _within(data: bytes, start: int, stated: int) -> int:
    """The frame's bytes are there: its line end is where it is due, or a byte or two before."""
    for length in range(stated, stated - _LOST_BYTES - 1, -1):
        if length >= FEWEST_BYTES and data[start + length - 2 : start + length] == LINE_END:
            return length
    return stated


def _garbage(data: bytes, start: int) -> int:
    begins = [at for at in (data.find(begin, start + 1) for begin in BEGINS) if at >= 0]
    if begins:
        return min(begins) - start
    if data[-1:] in (b"$", b"@"):
        return len(data) - 1 - start or -2
    return len(data) - start


def is_filling(frame: bytes) -> bool:
    """Whether bytes between frames say nothing."""
    return not frame.strip(_FILLING)


def checksum_holds(frame: bytes) -> bool:
    """Whether the CRC is that of everything before it."""
    return crc16_ccitt_false(frame[:-4]) == int.from_bytes(frame[-4:-2], "big")


def identity(frame: bytes) -> str:
    """Up to 14 digits, filled up with `f`.

    Raises:
        ProtocolError: no digits.
    """
    digits = frame[4:11].hex().rstrip("f")
    if not digits.isdecimal():
        raise ProtocolError(PROTOCOL_NAME, f"an identity is due, {frame[4:11].hex()} came")
    return digits


def framed(unique_id: str, command: int, data: bytes) -> bytes:
    """A frame of the server's; of an IMEI the device knows the first 14 digits."""
    packed = bytes.fromhex(unique_id[:IDENTITY_DIGITS].ljust(IDENTITY_DIGITS, "f"))
    length = FEWEST_BYTES + len(data)
    body = _SERVER + length.to_bytes(2, "big") + packed + command.to_bytes(2, "big") + data
    return body + crc16_ccitt_false(body).to_bytes(2, "big") + LINE_END
