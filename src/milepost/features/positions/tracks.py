"""A track as GPX, GeoJSON or CSV, made while it is read."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from milepost.features.positions.belief import Judged
from milepost.features.positions.geojson import write_geojson
from milepost.features.positions.gpx import write_gpx
from milepost.features.positions.track_times import iso
from milepost.features.wire import camel

Batches = AsyncIterator[list[Judged]]

_MEASURED = [
    "latitude_deg",
    "longitude_deg",
    "altitude_m",
    "speed_kmh",
    "course_deg",
    "valid",
    "hdop",
    "satellites",
    "ignition",
    "odometer_m",
    "engine_hours_h",
    "fuel_level_pct",
    "fuel_used_l",
    "engine_rpm",
    "coolant_temp_c",
    "battery_v",
    "alarm",
]


class TrackFormat(msgspec.Struct, frozen=True):
    """A file format: its media type and what writes it.

    `write` gets the track's name, its positions, and whether to add places that are not believed.
    """

    media_type: str
    write: Callable[[str, Batches, bool], AsyncIterator[str]]


async def write_csv(_: str, batches: Batches, _rejected: bool) -> AsyncIterator[str]:
    """CSV (RFC 4180): one row per report, units in the header, empty where nothing was measured.

    Every report is in it; `believed` says whether its place is, and is empty where it has none that
    counts.
    """
    yield _csv_row(["fixTime", "receivedTime", *map(camel, _MEASURED), "believed"])
    async for batch in batches:
        yield await asyncio.to_thread(_csv_rows, batch)


FORMATS: Mapping[str, TrackFormat] = MappingProxyType(
    {
        "gpx": TrackFormat("application/gpx+xml", write_gpx),
        "geojson": TrackFormat("application/geo+json", write_geojson),
        "csv": TrackFormat("text/csv; charset=utf-8", write_csv),
    }
)


def _csv_rows(batch: list[Judged]) -> str:
    return "".join(_csv_row(_csv_values(each)) for each in batch)


def _csv_values(judged: Judged) -> list[Any]:
    stored, position = judged.stored, judged.stored.position
    times = [iso(position.fix_time_ms), iso(stored.received_time_ms)]
    is_judged = judged.is_believed or judged.is_rejected
    believed = _csv_value(judged.is_believed) if is_judged else None
    return [*times, *(_csv_value(getattr(position, name)) for name in _MEASURED), believed]


def _csv_value(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    # A spreadsheet takes a text that begins so for a formula.
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@")):
        return "'" + value
    return value


def _csv_row(values: list[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()
