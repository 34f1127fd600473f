"""What trackers take over of NMEA 0183: times, places, the RMC sentence, the checksum.

Source: NMEA 0183 2.3 and 3.0, sentence RMC; u-blox "Receiver Description", NMEA protocol.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from milepost.errors import ProtocolError
from milepost.protocols.wire.checksums import xor8
from milepost.protocols.wire.digit_times import DAY_MS, time_of_day_ms
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.speeds import KMH_PER_KNOT
from milepost.protocols.wire.text_fields import TextFields

_FIRST_YEAR_OF_1900 = 80
_RMC_FIELDS = 8
_CHECKSUM = re.compile(r" ?\* ?([0-9A-Fa-f]{2})")


@lru_cache(maxsize=1024)
def day_ms(protocol: str, digits: str) -> int:
    """The begin of the day `DDMMYY` as Unix ms; 80 to 99 are of the last century.

    Raises:
        ProtocolError: no such day.
    """
    try:
        day, month, year = (int(digits[at : at + 2]) for at in (0, 2, 4))
        century = 1900 if year >= _FIRST_YEAR_OF_1900 else 2000
        begin = datetime(century + year, month, day, tzinfo=UTC)
    except ValueError as error:
        raise ProtocolError(protocol, f"there is no date {digits!r}") from error
    return round(begin.timestamp()) * 1000


def nearest_ms(time_of_day: int, reference_ms: int) -> int:
    """The moment of that time of day (ms since midnight) that is next to a reference, Unix ms."""
    midnight_ms = reference_ms - reference_ms % DAY_MS
    moment_ms = midnight_ms + time_of_day
    if moment_ms - reference_ms > DAY_MS // 2:
        return max(moment_ms - DAY_MS, 0)
    if reference_ms - moment_ms > DAY_MS // 2:
        return moment_ms + DAY_MS
    return moment_ms


class Sentence:
    """A sentence in its parts: `fields` begin with the name, `tail` is behind the checksum.

    `intact` is False where the checksum is wrong, and True where there is none.
    """

    __slots__ = ("fields", "intact", "tail")

    def __init__(self, text: str) -> None:
        found = _CHECKSUM.search(text)
        body = text if found is None else text[: found.start()]
        self.fields = body.split(",")
        self.tail = "" if found is None else text[found.end() :]
        self.intact = found is None or xor8(body.encode("latin-1")) == int(found[1], 16)


class NmeaFields(TextFields):
    """Reads the fields of one protocol's sentences; every reader raises ProtocolError."""

    __slots__ = ()

    def moment_ms(self, time: str, day: str, reference_ms: int) -> int:
        """`HHMMSS.SSS` and `DDMMYY` as Unix ms; what is missing comes from the reference."""
        if not time:
            return day_ms(self._protocol, day) if day else reference_ms
        time_of_day = time_of_day_ms(self._protocol, time)
        if not day:
            return nearest_ms(time_of_day, reference_ms)
        return day_ms(self._protocol, day) + time_of_day

    def put_place(self, fields: Sequence[str], report: Report, *, valid: bool) -> None:
        """Latitude, N or S, longitude, E or W; empty fields are no place."""
        latitude, north, longitude, east = fields
        if latitude and longitude:
            report.place(
                self.degrees("latitude", latitude, north),
                self.degrees("longitude", longitude, east),
                valid=valid,
            )

    def put_motion(self, speed: str, course: str, report: Report) -> None:
        """Knots and degrees, each of which may be empty."""
        report.motion(
            self.number("speed", speed) * KMH_PER_KNOT if speed else None,
            self.number("course", course) if course else None,
        )

    def recommended_minimum(self, fields: Sequence[str], reference_ms: int) -> Report:
        """RMC behind its name: time, A or V, place, knots, course, date.

        Without a date the day is the one next to the reference.
        """
        if len(fields) < _RMC_FIELDS:
            reason = f"RMC: {_RMC_FIELDS} fields are due, {len(fields)} came"
            raise ProtocolError(self._protocol, reason)
        day = fields[8].strip() if len(fields) > _RMC_FIELDS else ""
        report = Report(self.moment_ms(fields[0].strip(), day, reference_ms))
        self.put_place(fields[2:6], report, valid=fields[1] == "A")
        self.put_motion(fields[6], fields[7], report)
        return report
