"""The load generator: Teltonika connections over real sockets, in a process of its own.

Every connection behaves as a tracker does: it logs in, sends a packet when it is due and the one
before was acknowledged, and counts a packet as delivered only by the server's acknowledgement.
Packets are encoded beforehand, so that the generator takes little of the processor that it shares
with the server. `fix_time` of a packet's last record is the instant at which it is due.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import deque

import uvloop

from milepost.domain.position import Position
from milepost.protocols.teltonika import PROTOCOL

RECORD_SPACING_MS = 1
LOGIN_SPREAD_S = 3.0


def make_position(fix_time_ms: int, step: int, lane: int) -> Position:
    """A record as a car on a motorway sends it: 10 IO elements beside the fix."""
    return Position(
        fix_time_ms,
        52.0 + lane * 0.01,
        7.0 + step * 0.00002,
        60.0,
        88.0,
        90.0,
        satellites=12,
        hdop=0.8,
        ignition=True,
        odometer_m=1_000_000.0 + step * 3,
        fuel_level_pct=63.0,
        engine_rpm=2100.0,
        throttle_pct=31.0,
        engine_load_pct=44.0,
        coolant_temp_c=88.0,
        battery_v=13.9,
    )


class Tracker(asyncio.Protocol):
    """One connection."""

    def __init__(self, unique_id: str, packets: list[tuple[float, bytes]], stats: "Stats") -> None:
        self.unique_id = unique_id
        self.packets = deque(packets)
        self.stats = stats
        self.encoder = PROTOCOL.encoder()
        self.ready = asyncio.get_running_loop().create_future()
        self.sent_s: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self.encoder.login(self.unique_id))

    def data_received(self, data: bytes) -> None:
        now = time.time()
        if not self.ready.done():
            self.ready.set_result(data[:1] == b"\x01")
            data = data[1:]
        if data and self.sent_s is not None:
            self.stats.ack_ms.append((now - self.sent_s) * 1000)
            self.stats.acked_packets += 1
            self.stats.last_ack_s = now
            self.sent_s = None
            if self.packets and self.packets[0][0] <= now:
                self.send()

    def send(self) -> None:
        if self.sent_s is not None or not self.packets or self.transport.is_closing():
            return
        self.sent_s = time.time()
        self.transport.write(self.packets.popleft()[1])

    def connection_lost(self, exc: Exception | None) -> None:
        self.stats.lost_connections += not self.stats.finished


class Stats:
    def __init__(self) -> None:
        self.ack_ms: list[float] = []
        self.acked_packets = 0
        self.lost_connections = 0
        self.last_ack_s = 0.0
        self.finished = False


def plan(args: argparse.Namespace, index: int, start_s: float) -> list[tuple[float, bytes]]:
    """The packets of one connection, evenly spread, each with the time at which it is due."""
    encoder = PROTOCOL.encoder()
    interval_s = args.connections * args.records / args.rate
    offset_s = interval_s * index / args.connections
    packets = []
    for number in range(int(args.seconds / interval_s)):
        due_s = start_s + offset_s + number * interval_s
        last_ms = int(due_s * 1000)
        records = [
            make_position(
                last_ms - (args.records - 1 - r) * RECORD_SPACING_MS,
                number * args.records + r,
                index % 100,
            )
            for r in range(args.records)
        ]
        packets.append((due_s, encoder.positions(unique_id(index), records)))
    return packets


def unique_id(index: int) -> str:
    return f"35{index:013d}"


async def main(args: argparse.Namespace) -> None:
    stats = Stats()
    planning_s = args.rate * args.seconds * 40e-6 + LOGIN_SPREAD_S + 2.0
    start_s = time.time() + planning_s
    plans = [plan(args, index, start_s) for index in range(args.connections)]
    loop = asyncio.get_running_loop()
    trackers = []
    for index in range(args.connections):
        _, tracker = await loop.create_connection(
            lambda index=index: Tracker(unique_id(index), plans[index], stats),
            args.host,
            args.port,
        )
        trackers.append(tracker)
        await asyncio.sleep(LOGIN_SPREAD_S / args.connections / 2)
    accepted = await asyncio.gather(*[tracker.ready for tracker in trackers])
    print(json.dumps({"started": start_s, "accepted": sum(accepted)}), flush=True)
    late_s = max(0.0, time.time() - start_s)
    cpu_at_start_s = time.process_time()
    schedule = sorted((due_s, index) for index, packets in enumerate(plans) for due_s, _ in packets)
    lag_ms = 0.0
    for due_s, index in schedule:
        wait_s = due_s - time.time()
        if wait_s > 0.001:
            await asyncio.sleep(wait_s)
        lag_ms = max(lag_ms, (time.time() - due_s) * 1000)
        trackers[index].send()
    for _ in range(100):
        if stats.acked_packets >= len(schedule):
            break
        for tracker in trackers:
            tracker.send()
        await asyncio.sleep(0.1)
    stats.finished = True
    elapsed_s = max(stats.last_ack_s - start_s, 0.001)
    ack = sorted(stats.ack_ms) or [float("nan")]
    print(
        json.dumps(
            {
                "positions": stats.acked_packets * args.records,
                "planned": len(schedule) * args.records,
                "elapsed_s": elapsed_s,
                "positions_per_s": stats.acked_packets * args.records / elapsed_s,
                "ack_p50_ms": ack[len(ack) // 2],
                "ack_p99_ms": ack[int(len(ack) * 0.99)],
                "generator_lag_ms": lag_ms,
                "late_start_s": late_s,
                "lost_connections": stats.lost_connections,
                "generator_cores": (time.process_time() - cpu_at_start_s) / elapsed_s,
            }
        ),
        flush=True,
    )
    for tracker in trackers:
        tracker.transport.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--records", type=int, default=1)
    parser.add_argument("--rate", type=float, default=8000.0, help="positions per second, all")
    parser.add_argument("--seconds", type=float, default=20.0)
    uvloop.run(main(parser.parse_args()))
    sys.exit(0)
