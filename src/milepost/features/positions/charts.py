"""A measured field over time with as few points as a chart can show."""

import math
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Literal
from uuid import UUID

from litestar.params import QueryParameter

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.features.filters import choice_filter, choice_in
from milepost.features.periods import Period
from milepost.features.wire import Wire, camel, time_of
from milepost.stores.series import Extremes, read_series
from milepost.stores.telemetry import Telemetry
from milepost.stores.vehicle_history import VehicleHistory

MAX_POINTS = 10_000
DEFAULT_POINTS = 1_000

SeriesField = Literal[
    "latitudeDeg",
    "longitudeDeg",
    "altitudeM",
    "speedKmh",
    "courseDeg",
    "hdop",
    "satellites",
    "odometerM",
    "engineHoursH",
    "fuelLevelPct",
    "fuelUsedL",
    "engineRpm",
    "throttlePct",
    "engineLoadPct",
    "coolantTempC",
    "engineOilTempC",
    "oilPressureKpa",
    "batteryV",
    "gear",
]
"""The numbers of a position, as they are called on the wire."""

Field = Annotated[
    str,
    choice_filter("field", SeriesField, "Which number of a position; the unit is in the name."),
]
Points = Annotated[
    int,
    QueryParameter(
        name="points",
        ge=1,
        le=MAX_POINTS,
        description=(
            "Into how many equal stretches the period is cut: as many as the chart is pixels wide. "
            f"Default {DEFAULT_POINTS}."
        ),
    ),
]

_COLUMNS: Mapping[str, str] = MappingProxyType(
    {camel(name): name for name in Position.__struct_fields__}
)


class SeriesPoint(Wire, frozen=True):
    """What was measured in the stretch of time that begins at `time`."""

    time: datetime
    min: float
    max: float


class SeriesView(Wire, frozen=True):
    """A field over time; a stretch of `stretchS` seconds without a measurement has no point."""

    field: SeriesField
    stretch_s: float
    points: list[SeriesPoint]


async def series(
    telemetry: Telemetry, scope: Scope, vehicle_id: UUID, period: Period, field: str, points: int
) -> SeriesView:
    """The field's least and greatest values in each of `points` stretches of the period.

    Raises:
        InvalidInput: a position has no such number.
        Unavailable: ClickHouse does not answer.
    """
    wanted: SeriesField = choice_in("field", field, SeriesField)
    stretch_ms = max(1, math.ceil((period.to_ms - period.from_ms) / points))
    history = VehicleHistory(vehicle_id, period.from_ms, period.to_ms, period.spans)
    found = await read_series(telemetry, scope, history, _COLUMNS[wanted], stretch_ms)
    return SeriesView(
        field=wanted, stretch_s=stretch_ms / 1000, points=[_point(each) for each in found]
    )


def _point(found: Extremes) -> SeriesPoint:
    return SeriesPoint(time=time_of(found.start_ms), min=found.least, max=found.most)
