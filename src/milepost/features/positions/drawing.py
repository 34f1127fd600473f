"""A track with as few positions as a drawing needs."""

import asyncio
from uuid import UUID

import numpy as np

from milepost.domain.scope import Scope
from milepost.features.paging import encode_cursor
from milepost.features.periods import Period
from milepost.features.position_view import PositionPage, position_view
from milepost.features.positions.reading import cursor_of, read_batches
from milepost.features.slices import in_slices
from milepost.geo.simplify import simplify
from milepost.stores.telemetry import PositionCursor, StoredPosition, Telemetry

MAX_READ = 20_000
"""How many stored positions one page of a simplified track is made of at most."""

MAX_KEPT = 5_000
"""How many of them it holds at most: a small tolerance leaves out none."""


async def simplified_page(
    telemetry: Telemetry,
    scope: Scope,
    vehicle_id: UUID,
    period: Period,
    after: PositionCursor | None,
    tolerance_m: float,
) -> PositionPage:
    """The positions whose line is nowhere further than `tolerance_m` from the whole track's.

    Positions without a place, and those that are not valid, are left out.
    """
    found: list[StoredPosition] = []
    following = None
    async for batch in read_batches(telemetry, scope, vehicle_id, period, after):
        found += batch
        if len(found) >= MAX_READ:
            following = encode_cursor(cursor_of(found[-1]))
            break
    kept = await asyncio.to_thread(_kept, found, tolerance_m)
    if len(kept) > MAX_KEPT:
        kept = kept[:MAX_KEPT]
        following = encode_cursor(cursor_of(kept[-1]))
    return PositionPage(items=await in_slices(kept, position_view), next=following)


def _kept(found: list[StoredPosition], tolerance_m: float) -> list[StoredPosition]:
    placed = [each for each in found if each.position.valid and each.position.has_fix]
    if not placed:
        return []
    places = [(each.position.latitude_deg, each.position.longitude_deg) for each in placed]
    mask = simplify(np.array(places, dtype=np.float64), tolerance_m)
    return [each for each, keep in zip(placed, mask.tolist(), strict=True) if keep]
