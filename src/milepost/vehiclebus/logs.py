"""Recordings of a bus in text: candump's two forms, and Vector's ASC. Read line by line.

Source: linux-can/can-utils, candump.c and lib.c (`(time) bus id#data`, and the form for screens);
Vector ASCII logging format, as CANalyzer writes it (one event a line, hexadecimal or decimal).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from milepost.vehiclebus.frame import EXTENDED_BITS, MOST_BYTES, STANDARD_BITS, Frame

# Told of every line that should hold a frame and does not: its number from 1, and what is wrong.
Damaged = Callable[[int, str], None]

_CANDUMP = re.compile(
    r"\((?P<time>\d+\.\d+)\)\s+(?P<bus>\S+)\s+(?P<id>[0-9A-Fa-f]{3}|[0-9A-Fa-f]{8})#"
    r"(?P<data>(?:[0-9A-Fa-f]{2}\.?){0,8})(?:\s+[TR])?"
)
_SCREEN = re.compile(
    r"\((?P<time>\d+\.\d+)\)\s+(?P<bus>\S+)\s+(?:[TR]X\s+\S+\s+\S*\s*)?"
    r"(?P<id>[0-9A-Fa-f]{3}|[0-9A-Fa-f]{8})\s+\[\d\]\s*(?P<data>(?:[0-9A-Fa-f]{2}\s*){0,8})"
)
_ASC = re.compile(
    r"(?P<time>\d+\.\d+)\s+(?P<bus>\d+)\s+(?P<id>[0-9A-Fa-f]+)(?P<extended>x?)\s+"
    r"[TR]x\s+d\s+(?P<size>[0-9A-Fa-f])(?P<data>(?:\s+[0-9A-Fa-f]{1,3})*)(?:\s+Length.*)?\s*"
)
_ASC_DATES = ("%a %b %d %I:%M:%S.%f %p %Y", "%a %b %d %I:%M:%S %p %Y", "%a %b %d %H:%M:%S %Y")
# Remote frames carry nothing; CAN FD, error frames and statistics are not classic data frames.
_OTHER_FRAMES = re.compile(r"#R|##|remote request|ERRORFRAME")


def read_candump(lines: Iterable[str], damaged: Damaged) -> Iterator[Frame]:
    """The data frames of `candump -L` or `candump -ta`; empty lines and comments are skipped."""
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#") or _OTHER_FRAMES.search(text):
            continue
        match = _CANDUMP.fullmatch(text) or _SCREEN.fullmatch(text)
        frame = None if match is None else _candump_frame(match)
        if frame is None:
            damaged(number, f"no frame of candump: {text[:60]!r}")
        else:
            yield frame


def _candump_frame(match: re.Match[str]) -> Frame | None:
    """Three digits are 11 bits, eight are 29; error frames set a bit above them."""
    digits = match["id"]
    is_extended = len(digits) == 8
    data = bytes.fromhex(match["data"].replace(".", ""))
    return checked_frame(float(match["time"]), match["bus"], int(digits, 16), is_extended, data)


def read_asc(lines: Iterable[str], damaged: Damaged) -> Iterator[Frame]:
    """The data frames of an ASC file. Times count from its `date` line, taken as UTC."""
    start_s, base = 0.0, 16
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text.startswith("date "):
            start_s = _asc_start_s(text[5:])
        elif text.startswith("base "):
            base = 10 if text.split()[1] == "dec" else 16
        match = _ASC.fullmatch(text)
        if match is not None:
            frame = _asc_frame(match, start_s, base)
            if frame is None:
                damaged(number, f"no frame of ASC: {text[:60]!r}")
            else:
                yield frame


def _asc_start_s(date: str) -> float:
    for form in _ASC_DATES:
        try:
            return datetime.strptime(date, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return 0.0


def _asc_frame(match: re.Match[str], start_s: float, base: int) -> Frame | None:
    size = int(match["size"], 16)
    words = match["data"].split()[:size]
    try:
        can_id = int(match["id"], base)
        data = bytes(int(word, base) for word in words)
    except ValueError:
        return None
    if len(data) != size:
        return None
    time_s = start_s + float(match["time"])
    return checked_frame(time_s, match["bus"], can_id, bool(match["extended"]), data)


def checked_frame(
    time_s: float, bus: str, can_id: int, is_extended: bool, data: bytes
) -> Frame | None:
    """A classic data frame; None if its identifier or length is none."""
    bits = EXTENDED_BITS if is_extended else STANDARD_BITS
    if not 0 <= can_id < 1 << bits or len(data) > MOST_BYTES:
        return None
    return Frame(time_s, bus, can_id, is_extended, data)
