"""J1939 trouble codes (DM1, DM2): lamps, and suspect parameter, failure mode, occurrences.

A code's parameter number was packed in three ways before version 4 fixed it; a bit in the code
(the conversion method) says "one of the old ones", and not which. The sender's maker knows.

Source: SAE J1939-73, sections 5.7.1 (DM1), 5.7.2 (DM2), 5.7.1.7 to 5.7.1.11, appendix A (FMI).
"""

from typing import NamedTuple

from milepost.errors import ProtocolError

PROTOCOL = "j1939"

FMI_TEXTS = (
    "above the normal range, most severe",
    "below the normal range, most severe",
    "erratic, intermittent or wrong",
    "voltage too high, or shorted to high",
    "voltage too low, or shorted to low",
    "current too low, or open circuit",
    "current too high, or shorted to ground",
    "does not respond mechanically, or out of adjustment",
    "abnormal frequency, pulse width or period",
    "abnormal update rate",
    "abnormal rate of change",
    "cause not known",
    "bad device or component",
    "out of calibration",
    "special instructions",
    "above the normal range, least severe",
    "above the normal range, moderate",
    "below the normal range, least severe",
    "below the normal range, moderate",
    "received network data in error",
    "drifted high",
    "drifted low",
    "kept free (22)",
    "kept free (23)",
    "kept free (24)",
    "kept free (25)",
    "kept free (26)",
    "kept free (27)",
    "kept free (28)",
    "kept free (29)",
    "kept free (30)",
    "condition exists",
)

NEWEST_VERSION = 4
_CODE_BYTES = 4
_LAMPS = (
    (987, "protect lamp", 0),
    (624, "amber warning lamp", 2),
    (623, "red stop lamp", 4),
    (1213, "malfunction lamp", 6),
)
_FLASHES = {0: "slow flash", 1: "fast flash"}
_UNKNOWN_COUNT = 0x7F


class Fault(NamedTuple):
    """One trouble code; `occurrences` is None where the sender does not count.

    `is_old_packing` is the conversion bit: `spn` was then read by the version that was asked for.
    """

    spn: int
    fmi: int
    occurrences: int | None
    is_old_packing: bool = False

    def __str__(self) -> str:
        """The code as people write it, with the failure mode's meaning."""
        count = "" if self.occurrences is None else f", {self.occurrences} times"
        return f"SPN {self.spn} FMI {self.fmi}: {FMI_TEXTS[self.fmi]}{count}"


class Lamp(NamedTuple):
    """One lamp: on, off, or None for not available; `flash` says how it flashes, if it does."""

    spn: int
    name: str
    is_on: bool | None
    flash: str | None


class Report(NamedTuple):
    """What a DM1 or DM2 says."""

    lamps: tuple[Lamp, ...]
    faults: tuple[Fault, ...]


def read_faults(data: bytes, version: int = NEWEST_VERSION) -> Report:
    """The lamps and trouble codes of a DM1 or DM2.

    Args:
        data: its content, 6 bytes or more, reassembled if it is longer than 8.
        version: how codes with the conversion bit are packed, 1 to 4 (3 and 4 are alike).

    Raises:
        ProtocolError: it is shorter than one code, or there is no such version.
    """
    if version not in _PACKINGS:
        raise ProtocolError(PROTOCOL, f"version {version} of trouble codes is not in 1 to 4")
    if len(data) < 2 + _CODE_BYTES:
        raise ProtocolError(PROTOCOL, f"a DM1 or DM2 has {len(data)} bytes, not 6 or more")
    cuts = (data[n : n + _CODE_BYTES] for n in range(2, len(data) - _CODE_BYTES + 1, _CODE_BYTES))
    faults = tuple(_fault(cut, version) for cut in cuts if _is_fault(cut))
    return Report(tuple(_lamp(data, *lamp) for lamp in _LAMPS), faults)


def _is_fault(cut: bytes) -> bool:
    """Zeros say "no code"; FF fills up. The count may be anything then."""
    return cut[:3] not in (b"\0\0\0", b"\xff\xff\xff")


def _fault(cut: bytes, version: int) -> Fault:
    is_old = bool(cut[3] & 0x80)
    count = cut[3] & 0x7F
    spn = _PACKINGS[version if is_old else NEWEST_VERSION](cut)
    return Fault(spn, cut[2] & 0x1F, None if count == _UNKNOWN_COUNT else count, is_old)


def _high_first(cut: bytes) -> int:
    return cut[0] << 11 | cut[1] << 3 | cut[2] >> 5


def _swapped(cut: bytes) -> int:
    return cut[1] << 11 | cut[0] << 3 | cut[2] >> 5


def _low_first(cut: bytes) -> int:
    return (cut[2] >> 5) << 16 | cut[1] << 8 | cut[0]


_PACKINGS = {1: _high_first, 2: _swapped, 3: _low_first, 4: _low_first}


def _lamp(data: bytes, spn: int, name: str, shift: int) -> Lamp:
    state = data[0] >> shift & 3
    is_on = None if state > 1 else bool(state)
    return Lamp(spn, name, is_on, _FLASHES.get(data[1] >> shift & 3) if is_on else None)
