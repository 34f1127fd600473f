"""Promise 2 on the real engines: order, repeats, packets and crashes change no conclusion."""

import random
from collections.abc import Sequence
from itertools import cycle

import msgspec
import pytest

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.domain.thresholds import Thresholds
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.stream.pipeline import initial_state, open_outputs
from tests.folding import advance

from .rig import NOW_MS, Rig, expected, make_rig

START_MS = NOW_MS - 6 * 3_600_000


def journey(count: int = 240) -> list[Position]:
    """Four hours with drives, halts of all lengths, a silence and a receiver that drifts."""
    chance = random.Random(11)
    positions, longitude_deg, time_ms = [], 7.0, START_MS
    for step in range(count):
        driving = step % 60 < 35
        longitude_deg += 0.004 if driving else chance.uniform(-2e-5, 2e-5)
        time_ms += 2_400_000 if step == 150 else 30_000
        positions.append(
            Position(
                time_ms,
                50.0,
                round(longitude_deg, 7),
                speed_kmh=34.0 if driving else 0.0,
                ignition=step % 60 < 40,
                fuel_used_l=round(step * 0.01, 2),
            )
        )
    return positions


JOURNEY = journey()


def truth(positions: Sequence[Position]) -> dict[str, list]:
    state, outputs = advance(initial_state(), positions, Thresholds())
    return expected([*outputs, *open_outputs(state)])


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


def cut(positions: Sequence[Position], chance: random.Random) -> list[list[Position]]:
    rest, packets = list(positions), []
    while rest:
        size = chance.randint(1, 12)
        packets.append(rest[:size])
        rest = rest[size:]
    return packets


async def test_in_order_gives_what_the_pure_stream_gives(rig: Rig) -> None:
    async with rig.processor() as processor:
        answers = await rig.send(processor, *cut(JOURNEY, random.Random(1)))
        await processor.settle()
    assert set(answers) == {None}
    assert await rig.conclusions() == truth(JOURNEY)


@pytest.mark.parametrize("counts", [(1,), (3,), (2, 1, 3)], ids=["1", "3", "changing"])
@pytest.mark.parametrize("seed", range(4))
async def test_shuffled_repeated_and_interrupted_gives_the_same(
    rig: Rig, seed: int, counts: tuple[int, ...]
) -> None:
    """However many shards a start has."""
    chance, shards = random.Random(seed), cycle(counts)
    sent = JOURNEY + chance.sample(JOURNEY, 60)
    chance.shuffle(sent)
    packets = cut(sent, chance)
    while packets:
        some = chance.randint(1, len(packets))
        rig = msgspec.structs.replace(rig, shards=next(shards))
        async with rig.processor() as processor:
            await rig.send(processor, *packets[:some])
            if chance.random() < 0.5:
                await processor.settle()
            else:
                for shard in processor.shards:
                    shard.units.dirty.clear()  # as if the process had died
        packets = packets[some:]
    async with msgspec.structs.replace(rig, shards=next(shards)).processor() as processor:
        await processor.settle()
    assert await rig.conclusions() == truth(JOURNEY)
