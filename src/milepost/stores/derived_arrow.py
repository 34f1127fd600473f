"""Rollups and last states as Arrow columns, and back."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa

from milepost.domain.vehicle_state import VehicleState

_UUID = pa.binary(16)
_TIME = pa.timestamp("ms", "UTC")

_ROLLUP_FIELDS = (
    ("tenant_id", _UUID),
    ("vehicle_id", _UUID),
    ("device_id", _UUID),
    ("bucket_start", pa.timestamp("s", "UTC")),
    ("position_count", pa.uint32()),
    ("distance_m", pa.float64()),
    ("driving_s", pa.float64()),
    ("idling_s", pa.float64()),
    ("max_speed_kmh", pa.float64()),
    ("fuel_used_l", pa.float64()),
)
_STATE_FIELDS = (
    ("vehicle_id", _UUID),
    ("fleet_id", _UUID),
    ("state", pa.string()),
    ("state_since", _TIME),
    ("fix_time", _TIME),
    ("received_time", _TIME),
    ("latitude_deg", pa.float64()),
    ("longitude_deg", pa.float64()),
    ("speed_kmh", pa.float64()),
    ("course_deg", pa.float64()),
    ("altitude_m", pa.float64()),
    ("ignition", pa.bool_()),
    ("odometer_m", pa.float64()),
    ("fuel_level_pct", pa.float64()),
    ("engine_rpm", pa.float64()),
    ("coolant_temp_c", pa.float64()),
    ("battery_v", pa.float64()),
    ("driver_id", _UUID),
    ("alarm", pa.string()),
)


class LastState(msgspec.Struct, frozen=True, gc=False):
    """A vehicle's last state, with the tenant and the device that it came from."""

    tenant_id: UUID
    device_id: UUID
    state: VehicleState


def rollups_table(rows: Sequence[Mapping[str, Any]], version: int) -> pa.Table:
    """Rows with ids as 16 bytes and the fields of domain.Rollup, as the table `rollups`."""
    columns = {name: [row[name] for row in rows] for name, _ in _ROLLUP_FIELDS if name in rows[0]}
    columns["bucket_start"] = [row["bucket_start_ms"] // 1000 for row in rows]
    arrays = [pa.array(columns[name], kind) for name, kind in _ROLLUP_FIELDS]
    return pa.table(
        [*arrays, _versions(version, len(rows))], names=[*_names(_ROLLUP_FIELDS), "version"]
    )


def last_states_table(rows: Sequence[LastState], version: int) -> pa.Table:
    """Last states as the table `last_states`."""
    values = zip(*(msgspec.structs.astuple(row.state) for row in rows), strict=True)
    arrays = [
        pa.array(_ids(column) if kind == _UUID else column, kind)
        for column, (_, kind) in zip(values, _STATE_FIELDS, strict=True)
    ]
    tenants = pa.array([row.tenant_id.bytes for row in rows], _UUID)
    devices = pa.array([row.device_id.bytes for row in rows], _UUID)
    return pa.table(
        [tenants, devices, devices, *arrays, _versions(version, len(rows))],
        names=["tenant_id", "device_id", "key_device_id", *_names(_STATE_FIELDS), "version"],
    )


def read_last_states(table: pa.Table, tenant_id: UUID) -> list[LastState]:
    """Turns the answer of last_states.sql into structs."""
    columns = (_values(table, name, kind) for name, kind in _STATE_FIELDS[1:])
    states = map(VehicleState, _read_distinct_ids(table, "vehicle_id"), *columns)
    return list(map(LastState, repeat(tenant_id), _read_distinct_ids(table, "device_id"), states))


def read_ids(table: pa.Table, name: str) -> list[Any]:
    """Reads a column of UUIDs of which many are the same: each is made once."""
    encoded = _id_column(table, name).dictionary_encode()
    ids = [*map(uuid_of, encoded.dictionary.to_pylist()), None]
    places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).tolist()
    return [ids[place] for place in places]


def _read_distinct_ids(table: pa.Table, name: str) -> list[UUID]:
    """Reads a column of UUIDs that differ, without NULL, by cutting its buffer."""
    column = _id_column(table, name)
    data, start = column.buffers()[1].to_pybytes(), column.offset * 16
    return [uuid_of(data[at : at + 16]) for at in range(start, start + 16 * len(column), 16)]


def _id_column(table: pa.Table, name: str) -> Any:
    column: Any = table.column(name).combine_chunks()
    return column.storage if isinstance(column, pa.ExtensionArray) else column


@lru_cache(maxsize=65_536)
def uuid_of(data: bytes) -> UUID:
    """The UUID of 16 bytes; those of vehicles and devices come again with every query."""
    return UUID(bytes=data)


def _values(table: pa.Table, name: str, kind: pa.DataType) -> list[Any]:
    if kind == _UUID:
        return read_ids(table, name)
    column: Any = table.column(name)
    if kind == _TIME:
        column = column.cast(_TIME).cast(pa.int64())
    values: list[Any] = column.to_pylist()
    return values


def _ids(column: Iterable[UUID | None]) -> list[bytes | None]:
    return [None if value is None else value.bytes for value in column]


def _versions(version: int, count: int) -> Any:
    return pa.array([version] * count, pa.uint64())


def _names(fields: Sequence[tuple[str, Any]]) -> list[str]:
    return [name for name, _ in fields]
