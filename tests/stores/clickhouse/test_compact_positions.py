"""The move of stored positions into the compact table, killed after each of its steps."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import clickhouse_connect
import pyarrow as pa
import pytest

from milepost.domain.position import Position
from milepost.stores.clickhouse.durability import ensure_durable
from milepost.stores.clickhouse.handles import Handles
from milepost.stores.clickhouse.migrate import migrate, migrations, our_tables, statements
from milepost.stores.clickhouse.moving import moves_rows
from milepost.stores.data_folder import DataFolder
from milepost.stores.positions_arrow import RowContext, build_table, read_positions
from milepost.stores.telemetry import Telemetry

TENANT, VEHICLE = UUID(int=1), UUID(int=2)
JUNE_MS, JULY_MS, ODD_MS = 1_750_000_000_000, 1_752_000_000_000, 5_000
# In three partitions; June's first report came twice, its second shares the first one's instant.
OLD_ROWS = """
INSERT INTO positions (tenant_id, vehicle_id, device_id, fix_time, received_time, protocol,
  rejected, latitude_deg, longitude_deg, altitude_m, speed_kmh, odometer_m, battery_v, valid,
  alarm, signals, attributes)
SELECT toUUID('00000000-0000-0000-0000-000000000001'),
  toUUID('00000000-0000-0000-0000-000000000002'), toUUID('00000000-0000-0000-0000-000000000002'),
  fromUnixTimestamp64Milli(row.1, 'UTC'), fromUnixTimestamp64Milli(row.2, 'UTC'), 'h02', '',
  row.3, row.4, row.5, row.6, row.7, row.8, true, row.9, map('Vehicle.Speed', 1.25), map('a', 'b')
FROM (SELECT arrayJoin([
  (1750000000000, 1750000001000, 52.123456749, -179.99999996, 34.56, 51.005, 1e11, 12.34567, 'sos'),
  (1750000000000, 1750000002000, 52.123456749, -179.99999996, 34.56, 51.005, 1e11, 12.34567, 'sos'),
  (1750000000000, 1750000001000, 52.123456749, -179.99999996, 34.56, NULL, 1e11, 12.34567, 'sos'),
  (1752000000000, 1752000001000, NULL, NULL, -12.25, 0.29, 0.57, 1e30, NULL),
  (5000, 6000, 0.0000001, 57.1234567, NULL, 4.35, NULL, -0.001, NULL)
]) AS row)
"""
_FIRST = {
    "latitude_deg": 52.1234567,
    "longitude_deg": -180.0,
    "altitude_m": 34.6,
    "odometer_m": 1e11,
    "battery_v": 12.346,
    "alarm": "sos",
    "signals": {"Vehicle.Speed": 1.25},
    "attributes": {"a": "b"},
}
MOVED = [
    Position(
        ODD_MS,
        0.0000001,
        57.1234567,
        speed_kmh=4.35,
        battery_v=-0.001,
        signals={"Vehicle.Speed": 1.25},
        attributes={"a": "b"},
    ),
    Position(JUNE_MS, speed_kmh=None, **_FIRST),
    Position(JUNE_MS, speed_kmh=51.0, **_FIRST),
    Position(
        JULY_MS,
        # 12.25 lies in the middle: the even tenth is taken, as the gate takes it.
        altitude_m=-12.2,
        speed_kmh=0.29,
        odometer_m=0.6,
        signals={"Vehicle.Speed": 1.25},
        attributes={"a": "b", "refused:battery_v": "1e30"},
    ),
]
PARTITIONS = ("0", "202506", "202507")


def steps() -> list[tuple[str, dict[str, object]]]:
    """What the migration does, one after the other."""
    [sql] = [sql for number, sql in migrations() if number == 6]
    done: list[tuple[str, dict[str, object]]] = []
    for statement in statements(sql):
        if moves_rows(statement):
            for partition in PARTITIONS:
                done.append((statement, {"partition_id": partition}))
                done.append((f"ALTER TABLE positions DROP PARTITION ID '{partition}'", {}))
        else:
            done.append((statement, {}))
    return done


@pytest.fixture
async def handles(data_folder: DataFolder, telemetry: Telemetry) -> AsyncIterator[Handles]:
    """A database with positions as an earlier version stored them."""
    path, name = str(data_folder.clickhouse), f"old_{uuid4().hex}"
    maker = clickhouse_connect.get_client(interface="chdb", path=path)
    maker.command(f"CREATE DATABASE {name}")
    opened = Handles(
        lambda: clickhouse_connect.get_client(interface="chdb", path=path, database=name), 1, "old"
    )
    await opened.open()
    await migrate(opened, until=5)
    await opened.command(OLD_ROWS)
    yield opened
    await opened.close()
    maker.command(f"DROP DATABASE {name} SYNC")
    maker.close()


@pytest.mark.parametrize("killed_after", range(len(steps()) + 1))
async def test_a_move_that_was_killed_goes_on(handles: Handles, killed_after: int) -> None:
    for statement, parameters in steps()[:killed_after]:
        await handles.command(statement, parameters)
    assert await migrate(handles) == (5, 6)
    sql = "SELECT * FROM positions FINAL ORDER BY fix_time, speed_kmh NULLS FIRST"
    assert await handles.read(sql, {}, read_positions) == MOVED
    kept = "SELECT toUnixTimestamp64Milli(max(received_time)) AS t FROM positions FINAL WHERE fix_time = {t:DateTime64(3, 'UTC')} AND speed_kmh IS NOT NULL"  # noqa: E501
    newest = await handles.read(kept, {"t": "2025-06-15 15:06:40.000"}, _first)
    assert newest == JUNE_MS + 2000
    tables = await handles.read("SHOW TABLES", {}, lambda found: set(found.column(0).to_pylist()))
    assert tables == our_tables()
    assert await ensure_durable(handles, our_tables()) == []


async def test_a_report_that_is_sent_again_after_the_move_is_the_same_row(
    handles: Handles,
) -> None:
    await migrate(handles)
    context = RowContext(TENANT.bytes, VEHICLE.bytes, VEHICLE.bytes, bytes(16), "h02", JULY_MS)
    # The last one has an attribute that the gate writes in other words.
    await handles.insert("positions", build_table([context] * 3, MOVED[:3]))
    rows = await handles.read("SELECT count() FROM positions FINAL", {}, _first)
    assert rows == len(MOVED)


def _first(found: pa.Table) -> object:
    return found.column(0)[0].as_py()
