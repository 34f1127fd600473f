"""A vehicle's positions and track, and the feed of all positions."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import MediaType, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from milepost.domain.vehicle import Vehicle
from milepost.features.guards import needs
from milepost.features.paging import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    After,
    Limit,
    decode_cursor,
)
from milepost.features.periods import Period
from milepost.features.position_view import PositionFeedPage, PositionPage
from milepost.features.positions.belief import Judged, read_belief, read_judged
from milepost.features.positions.charts import DEFAULT_POINTS, Field, Points, SeriesView, series
from milepost.features.positions.drawing import judged_page, simplified_page
from milepost.features.positions.feed import PositionFeed
from milepost.features.positions.page_json import pieces_of_page
from milepost.features.positions.tracks import FORMATS, Batches, TrackFormat
from milepost.features.request_cost import REQUEST_COST
from milepost.features.vehicles.store import VEHICLES, visible_part
from milepost.features.work import Work
from milepost.stores.position_objects import read_position_objects
from milepost.stores.telemetry import PositionCursor, Telemetry
from milepost.stores.vehicle_history import VehicleHistory

MAX_POSITIONS = 10_000
"""How many positions a page holds at most: a day with a position every 9 s is one page."""

PositionLimit = Annotated[
    int,
    QueryParameter(
        name="limit",
        ge=1,
        le=MAX_POSITIONS,
        description=f"How many items a page holds at most (default {MAX_LIMIT}).",
    ),
]
SimplifyM = Annotated[
    float,
    QueryParameter(
        name="simplifyM",
        ge=0,
        le=100_000,
        description=(
            "For drawing: leave out positions as long as the line stays within this many metres "
            "of the whole track. `limit` is not looked at then. 0 leaves out none."
        ),
    ),
]
BelievedOnly = Annotated[
    bool | None,
    QueryParameter(
        name="believed",
        description=(
            "true: only positions whose places are believed, as trips and distances are made of "
            "them; `beginsSegment` says where the line breaks. false: only those whose places are "
            "not believed. All positions by default."
        ),
    ),
]
RejectedToo = Annotated[
    bool,
    QueryParameter(
        name="rejected",
        description="Also the places that are not believed, apart from the track and marked.",
    ),
]


class Selection(msgspec.Struct, frozen=True):
    """Which positions of a period: all if nothing is said."""

    simplify_m: float
    believed: bool | None


async def provide_selection(
    simplify_m: SimplifyM = 0.0, believed: BelievedOnly = None
) -> Selection:
    """The dependency of the list of positions."""
    return Selection(simplify_m, believed)


@get(
    "/vehicles/{vehicle_id:uuid}/positions",
    operation_id="listVehiclePositions",
    guards=[needs("read")],
    opt={REQUEST_COST: 2},
    responses={
        200: ResponseSpec(PositionPage, generate_examples=False, description="A page of positions")
    },
)
async def list_vehicle_positions(
    vehicle_id: FromPath[UUID],
    work: NamedDependency[Work],
    telemetry: NamedDependency[Telemetry],
    period: NamedDependency[Period],
    selection: NamedDependency[Selection],
    limit: PositionLimit = MAX_LIMIT,
    after: After = None,
) -> Response[Any]:
    """A vehicle's positions of a period in the order of their fix times."""
    part = await visible_part(work.connection, work.scope, vehicle_id, period)
    cursor = None if after is None else decode_cursor(after, PositionCursor)
    if selection.simplify_m > 0 or selection.believed is not None:
        vehicle = await VEHICLES.get(work.connection, work.scope, vehicle_id)
        batches = await _judged(work, telemetry, vehicle, part, cursor)
        if selection.simplify_m > 0:
            return Response(await simplified_page(batches, selection.simplify_m))
        return Response(await judged_page(batches, limit, believed=bool(selection.believed)))
    history = VehicleHistory(vehicle_id, part.from_ms, part.to_ms, part.spans)
    found = await read_position_objects(telemetry, work.scope, history, limit, cursor)
    return Stream(pieces_of_page(found), media_type=MediaType.JSON)


@get(
    "/vehicles/{vehicle_id:uuid}/series",
    operation_id="readVehicleSeries",
    guards=[needs("read")],
    opt={REQUEST_COST: 5},
)
async def read_vehicle_series(
    vehicle_id: FromPath[UUID],
    work: NamedDependency[Work],
    telemetry: NamedDependency[Telemetry],
    recent_period: NamedDependency[Period],
    field: Field,
    points: Points = DEFAULT_POINTS,
) -> SeriesView:
    """One number of a vehicle's positions over time, for a chart; 30 days by default.

    The period is cut into `points` equal stretches. Each has the least and the greatest value that
    was measured in it, so no peak is lost, however long the period is.
    """
    part = await visible_part(work.connection, work.scope, vehicle_id, recent_period)
    return await series(telemetry, work.scope, vehicle_id, part, field, points)


@get(
    "/feeds/positions",
    operation_id="readPositionFeed",
    guards=[needs("read_feed")],
    opt={REQUEST_COST: 2},
)
async def read_position_feed(
    work: NamedDependency[Work],
    feed: NamedDependency[PositionFeed],
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> PositionFeedPage:
    """All positions in the order in which they were stored, for integrators.

    Keep `next` and send it as `after`: nothing is missed, late data included; a position that a
    device sent twice may come twice. With `hasMore` false, ask again later with the same cursor.
    """
    return await feed.page(work, after, limit)


def _track_route(extension: str, track_format: TrackFormat) -> HTTPRouteHandler:
    """The route of one file format; formats differ in their suffix, as people save them."""

    @get(
        f"/vehicles/{{vehicle_id:uuid}}/track.{extension}",
        operation_id=f"exportTrack{extension.capitalize()}",
        guards=[needs("read")],
        opt={REQUEST_COST: 20},
        media_type=track_format.media_type,
        summary=f"Export a track as {extension}",
    )
    async def export_track(
        vehicle_id: FromPath[UUID],
        work: NamedDependency[Work],
        telemetry: NamedDependency[Telemetry],
        period: NamedDependency[Period],
        rejected: RejectedToo = False,
    ) -> Stream:
        """A vehicle's track of a period as a file: the believed places, in segments."""
        vehicle = await VEHICLES.get(work.connection, work.scope, vehicle_id)
        part = await visible_part(work.connection, work.scope, vehicle_id, period)
        batches = await _judged(work, telemetry, vehicle, part, None)
        # What fails before the first batch is answered as an error, not as half a file.
        first: list[Judged] = await anext(batches, [])
        return Stream(
            track_format.write(vehicle.name, _resumed(first, batches), rejected),
            media_type=track_format.media_type,
            headers={
                "Content-Disposition": f'attachment; filename="track-{vehicle_id}.{extension}"'
            },
        )

    return export_track


async def _judged(
    work: Work,
    telemetry: Telemetry,
    vehicle: Vehicle,
    part: Period,
    after: PositionCursor | None,
) -> AsyncIterator[list[Judged]]:
    belief = await read_belief(work.connection, vehicle)
    return read_judged(telemetry, work.scope, vehicle, belief, part, after)


async def _resumed(first: list[Judged], others: Batches) -> AsyncIterator[list[Judged]]:
    if first:
        yield first
    async for batch in others:
        yield batch


ROUTER = Router(
    "/",
    route_handlers=[
        list_vehicle_positions,
        read_vehicle_series,
        read_position_feed,
        *(_track_route(extension, kind) for extension, kind in FORMATS.items()),
    ],
    tags=["Positions"],
    dependencies={"selection": Provide(provide_selection)},
)
