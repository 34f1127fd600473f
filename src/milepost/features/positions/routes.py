"""A vehicle's positions and track, and the feed of all positions."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from milepost.features.guards import needs
from milepost.features.paging import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    After,
    Limit,
    decode_cursor,
    page_of,
)
from milepost.features.periods import Period
from milepost.features.position_view import PositionFeedPage, PositionPage, position_view
from milepost.features.positions.drawing import simplified_page
from milepost.features.positions.feed import PositionFeed
from milepost.features.positions.reading import cursor_of, read_batches
from milepost.features.positions.tracks import FORMATS, Batches, TrackFormat
from milepost.features.request_cost import REQUEST_COST
from milepost.features.slices import in_slices
from milepost.features.vehicles.store import VEHICLES, visible_part
from milepost.features.work import Work
from milepost.stores.telemetry import PositionCursor, StoredPosition, Telemetry

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


@get(
    "/vehicles/{vehicle_id:uuid}/positions",
    operation_id="listVehiclePositions",
    guards=[needs("read")],
    opt={REQUEST_COST: 2},
)
async def list_vehicle_positions(
    vehicle_id: FromPath[UUID],
    work: NamedDependency[Work],
    telemetry: NamedDependency[Telemetry],
    period: NamedDependency[Period],
    limit: Limit = MAX_LIMIT,
    after: After = None,
    simplify_m: SimplifyM = 0.0,
) -> PositionPage:
    """A vehicle's positions of a period in the order of their fix times."""
    part = await visible_part(work.connection, work.scope, vehicle_id, period)
    cursor = None if after is None else decode_cursor(after, PositionCursor)
    if simplify_m > 0:
        return await simplified_page(telemetry, work.scope, vehicle_id, part, cursor, simplify_m)
    found = await telemetry.vehicle_positions(
        work.scope, vehicle_id, part.from_ms, part.to_ms, limit + 1, cursor, part.spans
    )
    page = page_of(found, limit, cursor_of)
    return PositionPage(items=await in_slices(page.items, position_view), next=page.next)


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
    ) -> Stream:
        """A vehicle's track of a period as a file."""
        vehicle = await VEHICLES.get(work.connection, work.scope, vehicle_id)
        part = await visible_part(work.connection, work.scope, vehicle_id, period)
        batches = read_batches(telemetry, work.scope, vehicle_id, part)
        # What fails before the first batch is answered as an error, not as half a file.
        first: list[StoredPosition] = await anext(batches, [])
        return Stream(
            track_format.write(vehicle.name, _resumed(first, batches)),
            media_type=track_format.media_type,
            headers={
                "Content-Disposition": f'attachment; filename="track-{vehicle_id}.{extension}"'
            },
        )

    return export_track


async def _resumed(
    first: list[StoredPosition], others: Batches
) -> AsyncIterator[list[StoredPosition]]:
    if first:
        yield first
    async for batch in others:
        yield batch


ROUTER = Router(
    "/",
    route_handlers=[
        list_vehicle_positions,
        read_position_feed,
        *(_track_route(extension, kind) for extension, kind in FORMATS.items()),
    ],
    tags=["Positions"],
)
