"""(a) and (b): devices in, durable, acknowledged, shown; against one transaction a packet."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from bench.processes import BaselineServer, Cost, MilepostServer


class Load(msgspec.Struct, frozen=True):
    """What the generator measured."""

    positions: int
    planned: int
    elapsed_s: float
    positions_per_s: float
    ack_p50_ms: float
    ack_p99_ms: float
    generator_lag_ms: float
    late_start_s: float
    lost_connections: int
    generator_cores: float


class Seen(msgspec.Struct, frozen=True):
    """What the viewer measured."""

    updates: int
    frames: int
    age_p50_ms: float | None
    age_p99_ms: float | None


class Measured(msgspec.Struct, frozen=True):
    """One run against one server."""

    load: Load
    seen: Seen | None
    cpu_s_per_10k: float
    peak_mib: float


class Plan(msgspec.Struct, frozen=True):
    """How hard to push."""

    connections: int
    records: int
    rate: float
    seconds: float


def _generator(plan: Plan, port: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "bench.load", "--port", str(port)),
            *("--connections", str(plan.connections), "--records", str(plan.records)),
            *("--rate", str(plan.rate), "--seconds", str(plan.seconds)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )


def _viewer(server: MilepostServer, seconds: float, start_s: float) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "bench.viewer", "--token", server.token()),
            *("--url", f"ws://127.0.0.1:{server.port}/ws"),
            *("--seconds", str(seconds), "--start", str(start_s)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args} ended with {process.wait()}")
    return line


def run_milepost(plan: Plan) -> Measured:
    """The platform with one viewer of the whole fleet."""
    with (
        tempfile.TemporaryDirectory() as folder,
        MilepostServer(Path(folder)) as server,
    ):
        assert server.process is not None
        generator = _generator(plan, 5027 + server.device_offset)
        started = json.loads(_line(generator))
        if started["accepted"] != plan.connections:
            raise RuntimeError(f"only {started['accepted']} connections were accepted")
        viewer = _viewer(server, plan.seconds + 8, started["started"] + 2)
        _line(viewer)
        cost = Cost(server.process.pid)
        load = msgspec.json.decode(_line(generator), type=Load)
        cpu_s, peak_mib = cost.finish()
        seen = msgspec.json.decode(_line(viewer), type=Seen)
        time.sleep(1)
    return Measured(load, seen, cpu_s / load.positions * 10_000, peak_mib)


def run_baseline(plan: Plan) -> Measured:
    """One transaction a packet."""
    with (
        tempfile.TemporaryDirectory() as folder,
        BaselineServer(Path(folder)) as server,
    ):
        assert server.process is not None
        generator = _generator(plan, server.port)
        _line(generator)
        cost = Cost(server.process.pid)
        load = msgspec.json.decode(_line(generator), type=Load)
        cpu_s, peak_mib = cost.finish()
    return Measured(load, None, cpu_s / max(load.positions, 1) * 10_000, peak_mib)


if __name__ == "__main__":
    rate, records = float(sys.argv[1]), int(sys.argv[2])
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 20.0
    target = run_baseline if "baseline" in sys.argv else run_milepost
    print(
        msgspec.json.format(
            msgspec.json.encode(target(Plan(1000, records, rate, seconds)))
        ).decode()
    )
