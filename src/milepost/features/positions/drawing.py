"""Pages of believed positions, and of as few of them as a drawing needs."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import numpy as np

from milepost.features.paging import encode_cursor
from milepost.features.position_view import PositionPage, PositionView, position_view
from milepost.features.positions.belief import Judged, segments
from milepost.features.positions.reading import cursor_of
from milepost.features.slices import in_slices
from milepost.geo.simplify import simplify

MAX_READ = 20_000
"""How many stored positions one such page is made of at most."""

MAX_KEPT = 5_000
"""How many of them a simplified one holds at most: a small tolerance leaves out none."""


async def simplified_page(batches: AsyncIterator[list[Judged]], tolerance_m: float) -> PositionPage:
    """The positions whose line is nowhere further than `tolerance_m` from the whole track's.

    Only believed places are drawn.
    """
    found: list[Judged] = []
    following = None
    async for batch in batches:
        found += batch
        if len(found) >= MAX_READ:
            following = encode_cursor(cursor_of(found[-1].stored))
            break
    kept = await asyncio.to_thread(_kept, found, tolerance_m)
    if len(kept) > MAX_KEPT:
        kept = kept[:MAX_KEPT]
        following = encode_cursor(cursor_of(kept[-1].stored))
    return PositionPage(items=await in_slices(kept, judged_view), next=following)


async def judged_page(
    batches: AsyncIterator[list[Judged]], limit: int, *, believed: bool
) -> PositionPage:
    """Positions whose places are believed, or those whose places are not."""
    kept: list[Judged] = []
    read, following = 0, None
    async for batch in batches:
        for each in batch:
            read += 1
            if each.is_believed if believed else each.is_rejected:
                kept.append(each)
            if len(kept) == limit or read == MAX_READ:
                following = encode_cursor(cursor_of(each.stored))
                return PositionPage(items=await in_slices(kept, judged_view), next=following)
    return PositionPage(items=await in_slices(kept, judged_view), next=following)


def judged_view(judged: Judged) -> PositionView:
    """A position on the wire, with whether the line of believed places breaks before it."""
    view = position_view(judged.stored)
    return msgspec.structs.replace(view, begins_segment=True) if judged.begins_segment else view


def _kept(found: list[Judged], tolerance_m: float) -> list[Judged]:
    """Each segment's line is simplified by itself: its ends are kept."""
    kept: list[Judged] = []
    for segment in segments(found):
        places = [
            (each.stored.position.latitude_deg, each.stored.position.longitude_deg)
            for each in segment
        ]
        mask = simplify(np.array(places, dtype=np.float64), tolerance_m)
        kept += [each for each, keep in zip(segment, mask.tolist(), strict=True) if keep]
    return kept
