"""Position ⇄ Arrow columns: the form in which positions enter and leave ClickHouse."""

from collections.abc import Callable, Sequence
from itertools import accumulate, chain
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from milepost.domain.bounds import DECIMALS
from milepost.domain.position import Position

# pyarrow has a class per type of column; a column chosen by its name fits none of them.
ArrowColumn = Any
ArrowType = Any

_UUID = pa.binary(16)
_TIME = pa.timestamp("ms", "UTC")
_TEXT = pa.string()
# As many as 64 bits hold.
_DIGITS = 18


class RowContext(msgspec.Struct, frozen=True, gc=False):
    """What a stored position has beyond the report itself.

    Ids are the 16 bytes of a UUID; the nil UUID stands for none. `received_time_ms` is Unix ms.
    `rejected` is '' or why the position does not count ('future').
    """

    tenant_id: bytes
    device_id: bytes
    vehicle_id: bytes
    driver_id: bytes
    protocol: str
    received_time_ms: int
    rejected: str = ""


def _decimal(name: str) -> tuple[str, ArrowType]:
    return name, pa.decimal128(_DIGITS, DECIMALS[name])


_CONTEXT_FIELDS = (
    ("tenant_id", _UUID),
    ("device_id", _UUID),
    ("vehicle_id", _UUID),
    ("driver_id", _UUID),
    ("protocol", _TEXT),
    ("received_time", _TIME),
    ("rejected", _TEXT),
)
_POSITION_FIELDS = (
    ("fix_time", _TIME),
    _decimal("latitude_deg"),
    _decimal("longitude_deg"),
    _decimal("altitude_m"),
    _decimal("speed_kmh"),
    _decimal("course_deg"),
    ("valid", pa.bool_()),
    _decimal("hdop"),
    ("satellites", pa.int32()),
    ("ignition", pa.bool_()),
    _decimal("odometer_m"),
    _decimal("engine_hours_h"),
    _decimal("fuel_level_pct"),
    _decimal("fuel_used_l"),
    _decimal("engine_rpm"),
    _decimal("throttle_pct"),
    _decimal("engine_load_pct"),
    _decimal("coolant_temp_c"),
    _decimal("engine_oil_temp_c"),
    _decimal("oil_pressure_kpa"),
    _decimal("battery_v"),
    ("tire_pressures_kpa", pa.list_(pa.float64())),
    ("brake_pedal", pa.bool_()),
    ("gear", pa.int32()),
    ("alarm", _TEXT),
    ("event_codes", pa.list_(_TEXT)),
    ("damaged", pa.bool_()),
    ("signals", pa.map_(_TEXT, pa.float64())),
    ("attributes", pa.map_(_TEXT, _TEXT)),
)

POSITIONS_SCHEMA = pa.schema([pa.field(n, t) for n, t in (*_CONTEXT_FIELDS, *_POSITION_FIELDS)])


def build_table(contexts: Sequence[RowContext], positions: Sequence[Position]) -> pa.Table:
    """Turns positions and their contexts, pairwise, into a table of `POSITIONS_SCHEMA`.

    This is on the hot path. Transposing whole rows in C and building each column at once costs
    a tenth of what a dict per row would.

    Raises:
        ValueError: if the two are not equally long.
    """
    if len(contexts) != len(positions):
        raise ValueError(f"{len(contexts)} contexts for {len(positions)} positions")
    if not positions:
        return POSITIONS_SCHEMA.empty_table()
    values = chain(
        zip(*map(msgspec.structs.astuple, contexts), strict=True),
        zip(*map(msgspec.structs.astuple, positions), strict=True),
    )
    columns = [_column(v, field.type) for v, field in zip(values, POSITIONS_SCHEMA, strict=True)]
    return pa.Table.from_arrays(columns, schema=POSITIONS_SCHEMA)


def _column(values: tuple[Any, ...], kind: ArrowType) -> ArrowColumn:
    return _BUILDERS.get(kind, _scalars)(values, kind)


def _scalars(values: tuple[Any, ...], kind: ArrowType) -> ArrowColumn:
    first = values[0]
    if first is None and values.count(None) == len(values):
        return pa.nulls(len(values), kind)
    if pa.types.is_decimal(kind):
        return pa.array(values, pa.float64()).cast(kind)
    return pa.array(values, kind)


def _lists(values: tuple[Any, ...], kind: ArrowType) -> ArrowColumn:
    items = pa.array(list(chain.from_iterable(values)), kind.value_type)
    return pa.ListArray.from_arrays(_offsets(values), items)


def _maps(values: tuple[Any, ...], kind: ArrowType) -> ArrowColumn:
    keys = pa.array(list(chain.from_iterable(values)), _TEXT)
    items = pa.array(list(chain.from_iterable(d.values() for d in values)), kind.item_type)
    return pa.MapArray.from_arrays(_offsets(values), keys, items)


def _offsets(values: tuple[Any, ...]) -> ArrowColumn:
    return pa.array(list(accumulate(map(len, values), initial=0)), pa.int32())


_BUILDERS: dict[ArrowType, Callable[[tuple[Any, ...], ArrowType], ArrowColumn]] = {
    pa.list_(pa.float64()): _lists,
    pa.list_(_TEXT): _lists,
    pa.map_(_TEXT, pa.float64()): _maps,
    pa.map_(_TEXT, _TEXT): _maps,
}


def read_positions(table: pa.Table) -> list[Position]:
    """Turns the position columns of a table back into positions; other columns are ignored."""
    columns = [
        _READERS.get(name, _plain)(table.column(name).combine_chunks())
        for name, _ in _POSITION_FIELDS
    ]
    return [Position(*row) for row in zip(*columns, strict=True)]


def read_times_ms(table: pa.Table, name: str) -> list[int]:
    """Reads a time column as Unix milliseconds."""
    return _times(table.column(name).combine_chunks())


def _plain(column: ArrowColumn) -> list[Any]:
    values: list[Any] = column.to_pylist()
    return values


def _times(column: ArrowColumn) -> list[Any]:
    times: list[Any] = column.cast(_TIME).cast(pa.int64()).to_numpy(zero_copy_only=False).tolist()
    return times


def _decimals(column: ArrowColumn) -> list[Any]:
    if column.null_count == len(column):
        return [None] * len(column)
    # Of the 16 bytes the lower 8 have it all. This quotient is the float that the gate made; what
    # Arrow makes of a decimal is not always.
    units = np.frombuffer(column.buffers()[1], np.int64)[::2][column.offset :][: len(column)]
    values: Any = units / 10.0**column.type.scale
    if column.null_count:
        values = np.where(column.is_null().to_numpy(zero_copy_only=False), None, values)
    numbers: list[Any] = values.tolist()
    return numbers


def _tuples(column: ArrowColumn) -> list[Any]:
    if not len(column.flatten()):
        return [()] * len(column)
    return [tuple(v) for v in column.to_pylist()]


def _dicts(column: ArrowColumn) -> list[Any]:
    if not len(column.keys):
        return [{} for _ in range(len(column))]
    return [dict(v) for v in column.to_pylist()]


_READERS: dict[str, Callable[[Any], list[Any]]] = {
    "fix_time": _times,
    **dict.fromkeys(DECIMALS, _decimals),
    "tire_pressures_kpa": _tuples,
    "event_codes": _tuples,
    "signals": _dicts,
    "attributes": _dicts,
}
