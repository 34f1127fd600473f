"""A program that stores positions until the disk is full, makes room, and goes on.

`python -m tests.stores.full_disk FOLDER` prints, as JSON, what the store said when the disk was
full and whether every acknowledged position was found again. `FOLDER/ballast` is room to make.
"""

import asyncio
import sys
from pathlib import Path
from random import Random
from uuid import UUID

import msgspec

from milepost.domain.position import Position
from milepost.errors import Unavailable
from milepost.stores.positions_arrow import build_table
from milepost.stores.telemetry import Telemetry
from tests.stores.samples import START_MS, context

VEHICLE = UUID(int=1)
BATCH = 5_000


def incompressible(first: int, random: Random) -> list[Position]:
    return [
        Position(START_MS + n * 1000, attributes={"raw": random.randbytes(200).hex()})
        for n in range(first, first + BATCH)
    ]


async def store(telemetry: Telemetry, batch: int, random: Random) -> None:
    reports = incompressible(batch * BATCH, random)
    row = context(VEHICLE, VEHICLE, VEHICLE)
    await telemetry.insert_positions(build_table([row] * BATCH, reports))


async def run(folder: Path) -> None:
    telemetry, random, stored, refusal = Telemetry(folder / "clickhouse"), Random(1), 0, ""
    await telemetry.open()
    await telemetry.migrate()
    while not refusal:
        try:
            await store(telemetry, stored, random)
            stored += 1
        except Unavailable as error:
            refusal = str(error)
    # Readers are served while nothing can be written.
    await telemetry.ping()
    everything = (VEHICLE, VEHICLE, 0, 10**6)
    found_when_full = await telemetry.device_positions(*everything, tenant_id=VEHICLE)
    await asyncio.to_thread((folder / "ballast").unlink)
    await store(telemetry, stored, random)
    found = await telemetry.device_positions(*everything, tenant_id=VEHICLE)
    await telemetry.close()
    answer = {
        "refusal": refusal,
        "stored": stored * BATCH,
        "found_when_full": len(found_when_full),
        "found_after": len(found),
    }
    print(msgspec.json.encode(answer).decode())


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
