"""A processor in a tree that holds one kind more; run as a program, it prints what became of it.

    python -m tests.workers.new_kind.play POSTGRES_URL CLICKHOUSE_FOLDER TENANT_ID

The kind, its step and its table lie in folders of their own. Here they are put where they would lie
in the tree, before anything is discovered: nothing else knows of them.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

import milepost.features
import milepost.stream.conclusions
import milepost.stream.steps

HERE = Path(__file__).parent
milepost.stream.conclusions.__path__.append(str(HERE / "conclusions"))
milepost.stream.steps.__path__.append(str(HERE / "steps"))
milepost.features.__path__.append(str(HERE / "features"))

from sqlalchemy import select, text  # noqa: E402

from milepost.domain.position import Position  # noqa: E402
from milepost.domain.revocation import Credential  # noqa: E402
from milepost.domain.scope import Scope  # noqa: E402
from milepost.features.all_tables import all_tables  # noqa: E402
from milepost.live.channels import parse_channel  # noqa: E402
from milepost.live.hub import Hub  # noqa: E402
from milepost.live.topics import Audience  # noqa: E402
from milepost.stores.postgres.database import Database  # noqa: E402
from milepost.stores.postgres.engine import open_engine  # noqa: E402
from milepost.stores.telemetry import Telemetry  # noqa: E402
from tests.live.desk import read  # noqa: E402
from tests.workers.rig import NOW_MS, Rig, make_rig  # noqa: E402


class Outcome(msgspec.Struct):
    """The seconds at which crawls were stored, first and after late data, and what was told."""

    first: list[int] = []
    replaced: list[int] = []
    told: list[dict[str, Any]] = []


@asynccontextmanager
async def crawls_table(url: str) -> AsyncIterator[None]:
    """What a migration would make; it is gone afterwards."""
    engine = open_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(all_tables()["crawls"].create)
        rights = "SELECT, INSERT, UPDATE, DELETE"
        await connection.execute(
            text(f"GRANT {rights} ON crawls TO milepost_ingest, milepost_operator")
        )
    try:
        yield
    finally:
        async with engine.begin() as connection:
            await connection.run_sync(all_tables()["crawls"].drop)
        await engine.dispose()


def fix(second: int, speed_kmh: float) -> Position:
    return Position(NOW_MS - 600_000 + second * 1000, 52.5, 13.4, speed_kmh=speed_kmh)


async def stored_seconds(rig: Rig) -> list[int]:
    crawls = all_tables()["crawls"]
    async with rig.database.operator_transaction() as connection:
        times = await connection.scalars(select(crawls.c.start_time))
        return sorted(round(time.timestamp() - NOW_MS / 1000 + 600) for time in times)


async def play(rig: Rig) -> Outcome:
    hub, outcome = Hub(lambda: 0.0), Outcome()
    viewer = hub.open(rig.scope.tenant_id, Credential(), lambda: None, lambda: None, 0.0)
    channel = parse_channel(f"vehicle:{rig.vehicle_id}")
    hub.subscribe(viewer, Audience(rig.scope.tenant_id, channel), None, None)
    async with rig.processor(hub=hub) as processor:
        await rig.send(processor, [fix(0, 50.0)], [fix(60, 3.0)])
        await processor.settle()
        outcome.first = await stored_seconds(rig)
        await rig.send(processor, [fix(30, 4.0)])
        await processor.settle()
        outcome.replaced = await stored_seconds(rig)
    hub.flush()
    outcome.told = [each for each in read(viewer) if each["event"] == "crawl_began"]
    return outcome


async def main(url: str, folder: str, tenant_id: str) -> None:
    database, telemetry = Database(url, login_as_role=True), Telemetry(Path(folder))
    await telemetry.open()
    await telemetry.migrate()
    scope = Scope(tenant_id=UUID(tenant_id), user_id=None, role="admin")
    async with crawls_table(url):
        outcome = await play(await make_rig(database, telemetry, scope))
    await telemetry.close()
    await database.close()
    print(msgspec.json.encode(outcome).decode())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
