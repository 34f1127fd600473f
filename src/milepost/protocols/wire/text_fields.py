"""Fields of text frames: numbers, NMEA coordinates, dates, with errors that name the field."""

import math
from datetime import UTC, datetime

from milepost.errors import ProtocolError

# No device measures more, and a double holds it still.
_MOST_BITS = 256


class TextFields:
    """Reads the fields of one protocol's text; every reader raises ProtocolError."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: str) -> None:
        self._protocol = protocol

    def number(self, name: str, text: str) -> float:
        """A finite decimal number."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ProtocolError(self._protocol, f"{name}: a number is due, {text[:40]!r} came")
        return value

    def whole(self, name: str, text: str, base: int = 10) -> int:
        """A whole number; `base` 16 for hex."""
        try:
            value = int(text, base)
        except ValueError as error:
            reason = f"{name}: a whole number is due, {text[:40]!r} came"
            raise ProtocolError(self._protocol, reason) from error
        if value.bit_length() > _MOST_BITS:
            raise ProtocolError(self._protocol, f"{name}: no number is as long as {text[:40]!r}")
        return value

    def packed(self, name: str, text: str) -> bytes:
        """Bytes that are written in hex."""
        try:
            return bytes.fromhex(text)
        except ValueError as error:
            raise ProtocolError(
                self._protocol, f"{name}: hex is due, {text[:20]!r} came"
            ) from error

    def degrees(self, name: str, text: str, hemisphere: str = "") -> float:
        """`DDMM.MMMM` or `DDDMM.MMMM` with N, S, E or W; W and S are negative."""
        value = self.number(name, text)
        whole = int(abs(value) // 100)
        degrees = whole + (abs(value) - whole * 100) / 60
        return -degrees if value < 0 or hemisphere in ("S", "W") else degrees

    def time_ms(
        self, name: str, digits: str, order: str = "%y%m%d%H%M%S", offset_s: int = 0
    ) -> int:
        """A date and time by `strptime`'s letters, `offset_s` ahead of UTC, as Unix ms."""
        try:
            moment = datetime.strptime(digits, order).replace(tzinfo=UTC)
        except ValueError as error:
            raise ProtocolError(self._protocol, f"{name}: no time {digits!r}") from error
        return round((moment.timestamp() - offset_s) * 1000)
