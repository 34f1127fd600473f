"""A track as GPX, GeoJSON or CSV, made while it is read."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape

import msgspec

from milepost.features.wire import camel
from milepost.stores.telemetry import StoredPosition

Batches = AsyncIterator[list[StoredPosition]]

_TIMES_IN_MEMORY_BYTES = 1_000_000
_TIMES_PIECE_CHARS = 100_000

_GPX_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gpx version="1.1" creator="Milepost" xmlns="http://www.topografix.com/GPX/1/1">\n'
    "<trk><name>{name}</name><trkseg>\n"
)
_GPX_TAIL = "</trkseg></trk>\n</gpx>\n"
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
    """A file format: its media type and what writes it."""

    media_type: str
    write: Callable[[str, Batches], AsyncIterator[str]]


async def write_gpx(name: str, batches: Batches) -> AsyncIterator[str]:
    """GPX 1.1: one track of one segment.

    Source: https://www.topografix.com/GPX/1/1/
    """
    # A control character is not allowed in XML, not even escaped.
    yield _GPX_HEAD.format(name=escape("".join(c for c in name if c.isprintable())))
    async for batch in batches:
        yield await asyncio.to_thread(_gpx_points, batch)
    yield _GPX_TAIL


async def write_geojson(name: str, batches: Batches) -> AsyncIterator[str]:
    """GeoJSON (RFC 7946): one LineString; `coordTimes` has the time of each coordinate.

    A line has at least two positions: for fewer, the collection has a Point or nothing. The times
    come after all coordinates; those of a long track wait in a file without a name.
    """
    with SpooledTemporaryFile(_TIMES_IN_MEMORY_BYTES, "w+", encoding="ascii") as times:
        async for piece in _geojson(name, batches, times):
            yield piece


async def _geojson(
    name: str, batches: Batches, times: SpooledTemporaryFile[str]
) -> AsyncIterator[str]:
    coordinates: list[str] = []
    count = 0
    yield '{"type":"FeatureCollection","features":['
    opened = False
    async for batch in batches:
        placed = _placed(batch)
        coordinates += await asyncio.to_thread(_coordinates, placed, times, count)
        count += len(placed)
        if not opened and count > 1:
            opened = True
            yield _GEOJSON_LINE + ",".join(coordinates)
        elif opened and coordinates:
            yield "," + ",".join(coordinates)
        if opened:
            coordinates.clear()
    if opened:
        yield "]}"
    elif coordinates:
        yield f'{{"type":"Feature","geometry":{{"type":"Point","coordinates":{coordinates[0]}}}'
    if count:
        yield f',"properties":{{"name":{msgspec.json.encode(name).decode()},"coordTimes":['
        times.seek(0)
        while piece := await asyncio.to_thread(times.read, _TIMES_PIECE_CHARS):
            yield piece
        yield "]}}"
    yield "]}\n"


_GEOJSON_LINE = '{"type":"Feature","geometry":{"type":"LineString","coordinates":['


async def write_csv(_: str, batches: Batches) -> AsyncIterator[str]:
    """CSV (RFC 4180): one row per report, units in the header, empty where nothing was measured."""
    yield _csv_row(["fixTime", "receivedTime", *map(camel, _MEASURED)])
    async for batch in batches:
        yield await asyncio.to_thread(_csv_rows, batch)


FORMATS: Mapping[str, TrackFormat] = MappingProxyType(
    {
        "gpx": TrackFormat("application/gpx+xml", write_gpx),
        "geojson": TrackFormat("application/geo+json", write_geojson),
        "csv": TrackFormat("text/csv; charset=utf-8", write_csv),
    }
)


def _placed(batch: list[StoredPosition]) -> list[StoredPosition]:
    return [each for each in batch if each.position.valid and each.position.has_fix]


def _gpx_points(batch: list[StoredPosition]) -> str:
    return "".join(map(_gpx_point, _placed(batch)))


def _gpx_point(stored: StoredPosition) -> str:
    position = stored.position
    elevation = "" if position.altitude_m is None else f"<ele>{position.altitude_m:.1f}</ele>"
    return (
        f'<trkpt lat="{position.latitude_deg:.7f}" lon="{position.longitude_deg:.7f}">'
        f"{elevation}<time>{_iso(position.fix_time_ms)}</time></trkpt>\n"
    )


def _coordinates(
    placed: list[StoredPosition], times: SpooledTemporaryFile[str], written: int
) -> list[str]:
    """The coordinates as JSON; their times go to the file, which has `written` of them."""
    texts = [f'"{_iso(each.position.fix_time_ms)}"' for each in placed]
    if texts:
        times.write(("," if written else "") + ",".join(texts))
    return [_coordinate(each) for each in placed]


def _coordinate(stored: StoredPosition) -> str:
    position = stored.position
    altitude = "" if position.altitude_m is None else f",{position.altitude_m:.1f}"
    return f"[{position.longitude_deg:.7f},{position.latitude_deg:.7f}{altitude}]"


def _csv_rows(batch: list[StoredPosition]) -> str:
    return "".join(_csv_row(_csv_values(each)) for each in batch)


def _csv_values(stored: StoredPosition) -> list[Any]:
    position = stored.position
    times = [_iso(position.fix_time_ms), _iso(stored.received_time_ms)]
    return [*times, *(_csv_value(getattr(position, name)) for name in _MEASURED)]


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


def _iso(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat("T", "milliseconds")[:-6] + "Z"
