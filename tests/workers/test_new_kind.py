"""One file more in `stream/conclusions` is written, replaced and told; nothing else is edited."""

import asyncio
import sys
from pathlib import Path

import msgspec

from milepost.domain.scope import Scope
from milepost.stores.embedded_postgres import EmbeddedPostgres

ROOT = Path(__file__).parents[2]


async def test_a_new_kind_is_written_replaced_and_told(
    postgres: EmbeddedPostgres, scope: Scope, tmp_path: Path
) -> None:
    # In a process of its own: kinds are discovered once, and chDB takes one folder a process.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.workers.new_kind.play"),
        *(postgres.url, str(tmp_path / "clickhouse"), str(scope.tenant_id)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    outcome = msgspec.json.decode(printed.splitlines()[-1])
    assert outcome["first"] == [60]
    assert outcome["replaced"] == [30]
    (told,) = outcome["told"]
    assert told["data"]["speedKmh"] == 3.0
    assert {"vehicleId", "deviceId", "driverId", "fixTime"} <= set(told["data"])
