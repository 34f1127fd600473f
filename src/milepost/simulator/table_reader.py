"""Tracks from CSV and Parquet."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from milepost.domain.position import Position
from milepost.errors import InvalidInput
from milepost.simulator.columns import FIELDS, choose_columns
from milepost.simulator.source_format import SourceFormat
from milepost.simulator.track import Track

# Numbers above are milliseconds since 1970 (from 1973 on), those below are seconds (to year 5138).
_LEAST_MS = 100_000_000_000
_TRUE_WORDS = frozenset({"1", "true", "on", "yes", "t", "y"})
_WHOLE_FIELDS = frozenset({"satellites"})


def read_table(path: Path) -> pa.Table:
    """The file's rows.

    Raises:
        InvalidInput: the file is neither, or cannot be parsed.
    """
    try:
        if path.suffix.lower() == ".parquet":
            return pa.parquet.read_table(path)
        return pa.csv.read_csv(path)
    except pa.ArrowException as error:
        raise InvalidInput(str(path), str(error), "a CSV with a header, or Parquet") from error


def tracks_of(table: pa.Table, source: SourceFormat, vehicle: str) -> list[Track]:
    """The table's rows as one track a vehicle; `vehicle` names it where no column does.

    Rows without a readable time or place are left out.

    Raises:
        InvalidInput: a column is missing, or a unit or zone is not known.
    """
    columns = choose_columns(table.column_names, source.columns)
    by_vehicle: defaultdict[str, list[Position]] = defaultdict(list)
    for name, position in _rows(table, columns, source, vehicle):
        by_vehicle[name].append(position)
    tracks = []
    for name, positions in by_vehicle.items():
        positions.sort(key=lambda position: position.fix_time_ms)
        tracks.append(Track(name, tuple(positions)))
    return sorted(tracks, key=lambda track: track.vehicle)


def _rows(
    table: pa.Table, columns: dict[str, str], source: SourceFormat, vehicle: str
) -> Iterator[tuple[str, Position]]:
    reading = {word: table.column(column).to_pylist() for word, column in columns.items()}
    times = [_fix_time_ms(value, source.zone()) for value in reading.pop("time")]
    names = reading.pop("id", [vehicle] * len(times))
    converters = {word: _converter(word, source) for word in reading}
    for index, (time_ms, name) in enumerate(zip(times, names, strict=True)):
        if time_ms is None or name is None:
            continue
        values = {
            FIELDS[word].target: converters[word](column[index]) for word, column in reading.items()
        }
        position = Position(time_ms, **values)
        if _is_place(position):
            yield str(name), position


def _is_place(position: Position) -> bool:
    latitude, longitude = position.latitude_deg, position.longitude_deg
    return (
        latitude is not None
        and longitude is not None
        and abs(latitude) <= 90
        and abs(longitude) <= 180
    )


def _fix_time_ms(value: object, zone: ZoneInfo) -> int | None:
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=zone)
        return round(aware.timestamp() * 1000)
    if isinstance(value, int | float) and math.isfinite(value):
        return round(value if value >= _LEAST_MS else value * 1000)
    return None


def _parsed(text: str) -> datetime | float | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None


def _converter(word: str, source: SourceFormat) -> Callable[[Any], Any]:
    if word == "ignition":
        return _switch
    factor = source.factor(word)
    no_value = source.no_values.get(word)

    def convert(value: object) -> float | int | None:
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return None
        if not math.isfinite(number) or (no_value is not None and math.isclose(number, no_value)):
            return None
        if word == "speed" and number < 0:
            return None
        return round(number) if word in _WHOLE_FIELDS else number * factor

    return convert


def _switch(value: object) -> bool | None:
    return None if value is None else str(value).strip().lower() in _TRUE_WORDS
