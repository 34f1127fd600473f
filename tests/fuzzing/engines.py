"""The last stretch: what the gate let through is written to both engines, as a server does it."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import func, select

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import NotFound
from milepost.features.device_states.tables import device_states, set_aside_positions
from milepost.stores.postgres.database import Database
from milepost.workers.processor import Processor
from tests.workers.rig import Rig

WITHIN_S = 300.0
MOST_NAMES = 300


async def flush(rig: Rig, messages: Sequence[Message]) -> None:
    """Look up who they are of, then store and fold their positions, as one device's.

    Raises:
        AssertionError: an engine did not take something.
        MilepostError: likewise.
    """
    names = sorted({each.unique_id for each in messages if each.unique_id is not None})
    positions = [position for message in messages for position in message.positions]
    before = await _set_aside(rig.database)
    async with asyncio.timeout(WITHIN_S), rig.processor() as processor:
        await asyncio.gather(*(_ask(processor, name) for name in names[:MOST_NAMES]))
        if positions:
            await _store(rig, processor, positions)
    assert await _set_aside(rig.database) == before
    assert not positions or await _has_state(rig)


async def _ask(processor: Processor, unique_id: str) -> None:
    try:
        await processor.ingest.open(unique_id, "test", "127.0.0.1")
    except NotFound:
        return


async def _store(rig: Rig, processor: Processor, positions: Sequence[Position]) -> None:
    answers = await rig.send(processor, positions)
    assert answers == [None]
    await processor.settle()


async def _set_aside(database: Database) -> int:
    """How many positions ClickHouse has refused; PostgreSQL keeps them."""
    async with database.operator_transaction() as connection:
        return (await connection.execute(select(func.count(set_aside_positions.c.id)))).scalar_one()


async def _has_state(rig: Rig) -> bool:
    """Whether the conclusions came through to PostgreSQL."""
    query = select(device_states.c.device_id).where(device_states.c.vehicle_id == rig.vehicle_id)
    async with rig.database.operator_transaction() as connection:
        return (await connection.execute(query)).first() is not None
