"""One measured column of a vehicle over time, with as few numbers as a chart needs."""

from functools import partial
from typing import Any

import msgspec
import pyarrow as pa

from milepost.domain.scope import Scope
from milepost.stores.telemetry import Telemetry
from milepost.stores.vehicle_history import VehicleHistory


class Extremes(msgspec.Struct, frozen=True, gc=False):
    """The least and the greatest value in the stretch of time that begins at `start_ms`."""

    start_ms: int
    least: float
    most: float


async def read_series(
    telemetry: Telemetry, scope: Scope, history: VehicleHistory, field: str, bucket_ms: int
) -> list[Extremes]:
    """A numeric column of `positions`, cut from `history.from_ms` on into stretches of `bucket_ms`.

    A stretch in which nothing was measured is left out.

    Raises:
        Unavailable: if ClickHouse does not answer.
    """
    parameters = {"field": field, "bucket_ms": bucket_ms}
    convert = partial(_extremes, from_ms=history.from_ms, bucket_ms=bucket_ms)
    return await telemetry.read_history(scope, "vehicle_series", history, parameters, convert)


def _extremes(table: pa.Table, from_ms: int, bucket_ms: int) -> list[Extremes]:
    columns: list[Any] = [table.column(name).to_pylist() for name in ("bucket", "least", "most")]
    return [
        Extremes(from_ms + bucket * bucket_ms, least, most)
        for bucket, least, most in zip(*columns, strict=True)
    ]
