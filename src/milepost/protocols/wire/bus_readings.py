"""What the tables of vehicle buses read, into a report."""

from collections.abc import Iterable

from milepost.protocols.wire.report import Report
from milepost.vehiclebus.reading import Reading

_OF_THE_RECEIVER = frozenset(
    {"latitude_deg", "longitude_deg", "altitude_m", "speed_kmh", "course_deg"}
)
"""Fields of a position that only the receiver may fill; the bus's own value is a signal."""


def note_readings(report: Report, readings: Iterable[Reading]) -> None:
    """A field, else a signal, else an attribute `spn:174`; what is not available is left out."""
    for reading in readings:
        if reading.value is not None and reading.field and reading.field not in _OF_THE_RECEIVER:
            report.fields[reading.field] = reading.value
        elif reading.value is not None and reading.path:
            report.signals[reading.path] = float(reading.value)
        elif reading.value is not None or reading.text:
            said = reading.value if reading.value is not None else reading.text or ""
            report.note(reading.identity.lower().replace(" ", ":"), said)
