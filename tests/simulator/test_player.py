"""Simulated devices against the gateway: in time, acknowledged, buffered, sent again."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from milepost.domain.position import Position
from milepost.gateway.listeners import Gateway, open_gateway
from milepost.gateway.metrics import GatewayMetrics
from milepost.protocols import gt06, h02, mqtt_json, osmand, owntracks, teltonika
from milepost.protocols.contract import DeviceProtocol, Transport
from milepost.simulator.identities import wire_identities
from milepost.simulator.pace import Pace
from milepost.simulator.player import Conduct, Part, Tally, play
from milepost.simulator.rehearsal import rehearse
from milepost.simulator.wires import Target, choose_transport
from tests.gateway.conftest import IMEI, NOW_MS, at_any_port, eventually
from tests.gateway.memory_ingest import MemoryIngest

SPOKEN: list[tuple[DeviceProtocol, Transport]] = [
    (teltonika.PROTOCOL, "tcp"),
    (gt06.PROTOCOL, "tcp"),
    (h02.PROTOCOL, "tcp"),
    (h02.PROTOCOL, "udp"),
    (osmand.PROTOCOL, "http"),
]


def drive(count: int) -> list[Position]:
    return [
        Position(NOW_MS + second * 1000, 52.5 + second / 1000, 13.4, speed_kmh=50.0, ignition=True)
        for second in range(count)
    ]


@asynccontextmanager
async def gateway_for(ingest: MemoryIngest, protocol: DeviceProtocol) -> AsyncIterator[Gateway]:
    async with open_gateway(
        ingest,
        {protocol.name: at_any_port(protocol)},
        host="127.0.0.1",
        port_offset=0,
        clock_ms=lambda: NOW_MS,
        metrics=GatewayMetrics(CollectorRegistry()),
    ) as gateway:
        yield gateway


def at_once(attempts: int | None = None) -> Conduct:
    return Conduct(
        pace=Pace(0, 0, 1e9, until_now=False),
        clock_ms=lambda: 1_000_000,
        batch_size=7,
        attempts=attempts,
        jitter=random.Random(1),
    )


async def played(target: Target, positions: Sequence[Position], conduct: Conduct) -> Tally:
    tallies: list[Tally] = []
    await play([Part(IMEI, target, positions)], conduct, tallies)
    return tallies[0]


@pytest.fixture
def ingest() -> MemoryIngest:
    memory = MemoryIngest()
    memory.known.add(IMEI)
    return memory


@pytest.mark.parametrize(("protocol", "transport"), SPOKEN)
async def test_every_position_arrives_over_every_protocol(
    protocol: DeviceProtocol, transport: Transport, ingest: MemoryIngest
) -> None:
    positions = drive(30)
    async with gateway_for(ingest, protocol) as gateway:
        target = Target(protocol, transport, "127.0.0.1", gateway.ports[protocol.name, transport])
        tally = await played(target, positions, at_once())
        await eventually(lambda: len(ingest.stored) == 30)
    assert (tally.acknowledged, tally.sent, tally.failures) == (30, 30, 0)
    assert [row.position.fix_time_ms for row in ingest.stored] == [
        position.fix_time_ms for position in positions
    ]
    assert [row.position.latitude_deg for row in ingest.stored] == pytest.approx(
        [position.latitude_deg for position in positions], abs=1e-5
    )


@pytest.mark.parametrize("protocol", [teltonika.PROTOCOL, gt06.PROTOCOL, osmand.PROTOCOL])
async def test_what_was_not_acknowledged_is_sent_again(
    protocol: DeviceProtocol, ingest: MemoryIngest
) -> None:
    transport = protocol.transports[0]
    ingest.hold()
    async with gateway_for(ingest, protocol) as gateway:
        target = Target(protocol, transport, "127.0.0.1", gateway.ports[protocol.name, transport])
        playing = asyncio.create_task(played(target, drive(7), at_once()))
        await eventually(lambda: ingest.waiting > 0)
        ingest.failing = True
        ingest.release()
        await asyncio.sleep(0.05)
        ingest.failing = False
        tally = await playing
    assert tally.acknowledged == 7
    assert tally.failures >= 1
    assert {row.position.fix_time_ms for row in ingest.stored} == {
        position.fix_time_ms for position in drive(7)
    }


async def test_a_device_that_is_not_known_gives_up_when_told_to(ingest: MemoryIngest) -> None:
    ingest.known.clear()
    async with gateway_for(ingest, teltonika.PROTOCOL) as gateway:
        port = gateway.ports["teltonika", "tcp"]
        target = Target(teltonika.PROTOCOL, "tcp", "127.0.0.1", port)
        tally = await played(target, drive(3), at_once(attempts=2))
    assert tally.given_up
    assert tally.acknowledged == 0
    assert tally.last_failure is not None
    assert "without an answer" in tally.last_failure


async def test_a_refusal_over_http_is_told_with_its_reason(ingest: MemoryIngest) -> None:
    ingest.known.clear()
    async with gateway_for(ingest, osmand.PROTOCOL) as gateway:
        port = gateway.ports["osmand", "http"]
        target = Target(osmand.PROTOCOL, "http", "127.0.0.1", port)
        tally = await played(target, drive(3), at_once(attempts=1))
    assert tally.last_failure is not None
    assert "404" in tally.last_failure
    assert IMEI in tally.last_failure


async def test_reports_wait_until_they_are_due(ingest: MemoryIngest) -> None:
    def now_ms() -> int:
        return time.time_ns() // 1_000_000

    started_ms = now_ms()
    positions = [Position(started_ms + after_ms, 1.0, 2.0) for after_ms in (-500, 0, 60_000)]
    conduct = Conduct(
        pace=Pace(started_ms, started_ms, 1.0, until_now=True),
        clock_ms=now_ms,
        jitter=random.Random(1),
    )
    async with gateway_for(ingest, teltonika.PROTOCOL) as gateway:
        port = gateway.ports["teltonika", "tcp"]
        target = Target(teltonika.PROTOCOL, "tcp", "127.0.0.1", port)
        playing = asyncio.create_task(played(target, positions, conduct))
        await eventually(lambda: len(ingest.stored) == 2)
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
    assert len(ingest.stored) == 2


@pytest.mark.parametrize(
    ("protocol", "transport", "expected"),
    [
        (teltonika.PROTOCOL, "tcp", (1, 1)),
        (gt06.PROTOCOL, "tcp", (1, 3)),
        (h02.PROTOCOL, "tcp", (0, 0)),
        (osmand.PROTOCOL, "http", (0, 3)),
        (mqtt_json.PROTOCOL, "mqtt", (0, 0)),
        (owntracks.PROTOCOL, "mqtt", (0, 0)),
    ],
)
def test_a_rehearsal_tells_how_many_answers_will_come(
    protocol: DeviceProtocol, transport: Transport, expected: tuple[int, int]
) -> None:
    rehearsal = rehearse(protocol, transport, IMEI, drive(3))
    assert (rehearsal.login_answers, rehearsal.answers) == expected
    assert rehearsal.unique_id == IMEI


def test_names_that_a_protocol_cannot_carry_become_numbers() -> None:
    assert wire_identities(["bus 12"], osmand.PROTOCOL, "http") == {"bus 12": "bus 12"}
    for protocol in (teltonika.PROTOCOL, gt06.PROTOCOL):
        identities = wire_identities(["bus 12", "bus 13", IMEI], protocol, "tcp")
        assert identities[IMEI] == IMEI
        assert len(set(identities.values())) == 3
        assert identities["bus 12"].isdigit()
        assert len(identities["bus 12"]) == 15


def test_the_transport_is_one_that_the_encoder_speaks() -> None:
    assert choose_transport(teltonika.PROTOCOL, drive(1)) == "tcp"
    assert choose_transport(osmand.PROTOCOL, drive(1)) == "http"
    assert choose_transport(mqtt_json.PROTOCOL, drive(1)) == "mqtt"


def test_a_part_is_due_at_its_fix_times_or_at_times_of_its_own() -> None:
    target = Target(osmand.PROTOCOL, "http", "127.0.0.1", 1)
    positions = drive(2)
    assert list(Part(IMEI, target, positions).timed()) == [
        (NOW_MS, positions[0]),
        (NOW_MS + 1000, positions[1]),
    ]
    assert list(Part(IMEI, target, positions, [9, 5]).timed()) == [
        (9, positions[0]),
        (5, positions[1]),
    ]
