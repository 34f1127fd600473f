"""An exception injected into every stage of every worker: the others go on, and so does this one.

While the fault lasts no worker may end; once it is over everything that was acknowledged has its
conclusions, without a restart.
"""

import asyncio
from typing import Any

import msgspec
import pytest

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.errors import MilepostError
from milepost.live.hub import Hub
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.stream.pipeline import initial_state, open_outputs
from milepost.workers.processor import Processor
from tests.conftest import NewTenant
from tests.folding import advance

from .faulty import Faulty
from .rig import NOW_MS, Rig, expected, make_rig

START_MS = NOW_MS - 6 * 3_600_000
WITHIN_S = 120.0
# Every stage that can fail, by the part whose method it is.
STAGES = [
    ("log", "append"),
    ("log", "trim"),
    ("store", "find_installations"),
    ("store", "write"),
    ("store", "load_anchor"),
    ("telemetry", "insert_positions"),
    ("telemetry", "insert_rollups"),
    ("telemetry", "insert_last_states"),
    ("telemetry", "device_positions"),
    ("hub", "telemetry"),
    ("hub", "event"),
]


class Hands:
    def __init__(self) -> None:
        self.wall_ms = NOW_MS

    def __call__(self) -> int:
        return self.wall_ms


def journey() -> list[Position]:
    """A drive, a halt of ten minutes with the ignition off, and another drive."""
    positions, longitude_deg = [], 7.0
    for step in range(90):
        drives = step < 35 or step > 55
        longitude_deg += 0.002 if drives else 0.0
        positions.append(
            Position(
                START_MS + step * 30_000,
                50.0,
                round(longitude_deg, 7),
                speed_kmh=17.0 if drives else 0.0,
                ignition=drives,
            )
        )
    return positions


def truth(positions: list[Position]) -> dict[str, list[tuple[Any, ...]]]:
    state, outputs = advance(initial_state(), positions, Thresholds())
    return expected([*outputs, *open_outputs(state)])


async def deliver(rig: Rig, processor: Processor, positions: list[Position]) -> None:
    """As a tracker does: the packet is sent again until it is acknowledged."""
    while True:
        try:
            if await rig.send(processor, positions) == [None]:
                return
        except MilepostError:
            pass
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(("part", "stage"), STAGES)
async def test_a_fault_ends_nothing_and_loses_nothing(
    database: Database, telemetry: Telemetry, new_tenant: NewTenant, part: str, stage: str
) -> None:
    rig = await make_rig(database, telemetry, await new_tenant(), shards=1)
    hands, positions = Hands(), journey()
    faulty: dict[str, Faulty] = {}

    def wrapped(name: str, inner: Any) -> Any:
        if name != part:
            return inner
        faulty[name] = Faulty(inner, stage)
        return faulty[name]

    watched = msgspec.structs.replace(rig, telemetry=wrapped("telemetry", telemetry))
    hub = wrapped("hub", Hub(lambda: 0.0))
    async with watched.processor(
        clock_ms=hands, hub=hub, wrap_store=wrapped, wrap_log=lambda log: wrapped("log", log)
    ) as processor:
        await deliver(watched, processor, positions[:20])
        faulty[part].failing = True
        # The third quarter comes before the second: there is late data to be folded, too.
        sending = asyncio.create_task(
            deliver_all(watched, processor, positions[40:60], positions[20:40], positions[60:])
        )
        async with asyncio.timeout(WITHIN_S):
            while not faulty[part].failures:
                await open_anew(watched, processor)
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.3)
            assert all(not task.done() for task in workers())
            faulty[part].failing = False
            await sending
            while await rig.conclusions() != truth(positions):
                hands.wall_ms += 3_700_000  # what was put aside is tried again within the hour
                await asyncio.sleep(0.1)


async def deliver_all(rig: Rig, processor: Processor, *packets: list[Position]) -> None:
    for packet in packets:
        await deliver(rig, processor, packet)


async def open_anew(rig: Rig, processor: Processor) -> None:
    """A look-up, as every connection makes one."""
    try:
        await processor.ingest.open(rig.unique_id, "test", "127.0.0.1")
    except MilepostError:
        return


def workers() -> list[asyncio.Task[Any]]:
    names = {"look up", "take", "write blocks", "refold", "flush", "prune", "judge again"}
    found = [task for task in asyncio.all_tasks() if task.get_name() in names]
    assert {task.get_name() for task in found} == names
    return found
