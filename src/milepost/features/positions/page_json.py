"""A page of positions, sent in pieces: neither writing nor compressing it holds the event loop."""

import asyncio
from collections.abc import AsyncIterator

import msgspec

from milepost.features.paging import encode_cursor
from milepost.stores.position_objects import PositionObjects

_PIECE_BYTES = 262_144


async def pieces_of_page(found: PositionObjects) -> AsyncIterator[bytes]:
    """The JSON of a `PositionPage`."""
    following = encode_cursor(found.last) if found.has_more else None
    yield b'{"items":['
    whole = memoryview(found.data)
    for start in range(0, len(whole), _PIECE_BYTES):
        yield bytes(whole[start : start + _PIECE_BYTES])
        await asyncio.sleep(0)
    yield b'],"next":' + msgspec.json.encode(following) + b"}"
