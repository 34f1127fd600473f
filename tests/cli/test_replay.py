"""`milepost replay`: a prospect's file over the wire."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from milepost.cli.main import main
from milepost.gateway.listeners import open_gateway
from milepost.gateway.metrics import GatewayMetrics
from milepost.protocols import osmand, teltonika
from tests.gateway.conftest import at_any_port
from tests.gateway.memory_ingest import MemoryIngest

IMEI = "350000000000007"
ROWS = "".join(f"{IMEI},{1_750_000_000 + second},52.{second:03d},13.4,10\n" for second in range(90))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tracks.csv"
    path.write_text("imei,time,lat,lon,speed\n" + ROWS)
    return path


@pytest.fixture
def ingest() -> MemoryIngest:
    return MemoryIngest()


@pytest.fixture
async def ports(ingest: MemoryIngest) -> AsyncIterator[dict[str, int]]:
    async with open_gateway(
        ingest,
        {each.name: at_any_port(each) for each in (teltonika.PROTOCOL, osmand.PROTOCOL)},
        host="127.0.0.1",
        port_offset=0,
        clock_ms=lambda: time.time_ns() // 1_000_000,
        metrics=GatewayMetrics(CollectorRegistry()),
    ) as gateway:
        yield {
            name: port for (name, transport), port in gateway.ports.items() if transport != "udp"
        }


async def replay(*words: object) -> int:
    return await asyncio.to_thread(main, ["replay", *map(str, words)])


@pytest.mark.parametrize("protocol", ["teltonika", "osmand"])
async def test_a_file_is_delivered(
    protocol: str,
    file: Path,
    ingest: MemoryIngest,
    ports: dict[str, int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    ingest.known.add(IMEI)
    words = ["--protocol", protocol, "--port", ports[protocol], "--speed", "max"]
    assert await replay(file, *words, "--speed-unit", "m/s") == 0
    assert len(ingest.stored) == 90
    assert ingest.stored[0].position.speed_kmh == pytest.approx(36, abs=0.1)
    assert "90 of 90 positions of 1 vehicles delivered" in capsys.readouterr().out


async def test_a_recording_shifted_to_now_ends_now(
    file: Path, ingest: MemoryIngest, ports: dict[str, int]
) -> None:
    ingest.known.add(IMEI)
    words = ["--port", ports["teltonika"], "--speed", "1000", "--shift-to-now"]
    before_ms = time.time_ns() // 1_000_000
    assert await replay(file, *words) == 0
    last_ms = ingest.stored[-1].position.fix_time_ms
    assert before_ms <= last_ms <= time.time_ns() // 1_000_000
    assert last_ms - ingest.stored[0].position.fix_time_ms == pytest.approx(89_000, abs=2)


async def test_a_part_of_the_recording(
    file: Path, ingest: MemoryIngest, ports: dict[str, int]
) -> None:
    ingest.known.add(IMEI)
    words = ["--port", ports["teltonika"], "--speed", "max", "--start", "2025-06-15T15:06:50Z"]
    assert await replay(file, *words, "--until", "2025-06-15T15:07:00") == 0
    assert len(ingest.stored) == 10


async def test_a_device_that_is_not_registered_is_named(
    file: Path, ports: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--port", ports["osmand"], "--protocol", "osmand", "--speed", "max", "--attempts", 1]
    assert await replay(file, *words) == 1
    said = capsys.readouterr().err
    assert f"{IMEI} gave up" in said
    assert "404" in said
    assert "--list-devices" in said


async def test_identities_can_be_listed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await replay(file, "--list-devices") == 0
    assert capsys.readouterr().out == f"vehicle,uniqueId\n{IMEI},{IMEI}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--map", "latitude=breite"], "a column of the file: imei, time, lat, lon, speed"),
        (["--protocol", "morse"], "teltonika"),
        (["--speed", "0"], "above 0"),
        (["--speed", "fast"], "max"),
        (["--start", "noon"], "ISO 8601"),
        (["--until", "1990-01-01"], "at least one"),
        (["--no-value", "speed=none"], "FIELD=NUMBER"),
        (["--speed-unit", "furlongs"], "knots"),
    ],
)
async def test_what_is_wrong_is_said(
    words: list[str], said: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await replay(file, *words) == 2
    assert said in capsys.readouterr().err
