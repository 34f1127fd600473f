"""What (a) and (b) are compared with: one PostgreSQL transaction a packet, then the answer.

The same codec and event loop as the platform, the same embedded PostgreSQL with its default
durability, ten connections; no trips, no totals, no viewers.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import uvloop

from milepost.protocols.contract import CodecContext
from milepost.protocols.teltonika import PROTOCOL
from milepost.stores.embedded_postgres import EmbeddedPostgres

TABLE = """
create table positions (device text, fix_time timestamptz, latitude_deg float8,
  longitude_deg float8, altitude_m float8, speed_kmh float8, course_deg float8, satellites int,
  ignition bool, odometer_m float8, fuel_level_pct float8, engine_rpm float8, throttle_pct float8,
  engine_load_pct float8, coolant_temp_c float8, battery_v float8, received_time timestamptz,
  primary key (device, fix_time))
"""
INSERT = f"""
insert into positions values ({", ".join(f"${n}" for n in range(1, 18))})
on conflict do nothing
"""


class Connection:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        codec = PROTOCOL.codec(CodecContext("tcp"))
        device = ""
        while data := await reader.read(65536):
            now = datetime.now(UTC)
            for message in codec.receive(data, int(now.timestamp() * 1000)):
                device = message.unique_id or device
                if message.positions:
                    await self.store(device, now, message.positions)
                writer.write(codec.acknowledge(message))
        writer.close()

    async def store(self, device: str, now: datetime, positions: tuple) -> None:
        rows = [
            (
                device,
                datetime.fromtimestamp(p.fix_time_ms / 1000, UTC),
                p.latitude_deg,
                p.longitude_deg,
                p.altitude_m,
                p.speed_kmh,
                p.course_deg,
                p.satellites,
                p.ignition,
                p.odometer_m,
                p.fuel_level_pct,
                p.engine_rpm,
                p.throttle_pct,
                p.engine_load_pct,
                p.coolant_temp_c,
                p.battery_v,
                now,
            )
            for p in positions
        ]
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.executemany(INSERT, rows)


async def main(folder: Path, port: int) -> None:
    postgres = EmbeddedPostgres(folder / "baseline-postgres")
    postgres.start()
    try:
        url = postgres.url.replace("postgresql+asyncpg", "postgresql")
        pool = await asyncpg.create_pool(url, min_size=10, max_size=10)
        await pool.execute(TABLE)
        server = await asyncio.start_server(
            lambda r, w: Connection(pool).serve(r, w), "127.0.0.1", port, backlog=2000
        )
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(15, stop.set)
        print("ready", flush=True)
        await stop.wait()
        server.close()
    finally:
        postgres.stop()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), int(sys.argv[2])))
