"""A world's devices over the real wire, and back through the project's own codecs."""

import random
from collections.abc import Sequence

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from milepost.domain.position import Position
from milepost.gateway.listeners import open_gateway
from milepost.gateway.metrics import GatewayMetrics
from milepost.protocols import osmand, teltonika
from milepost.protocols.contract import CodecContext, DeviceProtocol
from milepost.simulator.pace import Pace
from milepost.simulator.player import Conduct, Tally, play
from milepost.simulator.rehearsal import http_requests
from milepost.simulator.wires import Target
from milepost.simulator.world.emission import batches, part_of, sendings
from milepost.simulator.world.faults import FAULTS
from milepost.simulator.world.reports import ReceivedReport
from milepost.simulator.world.world import LivedVehicle
from tests.gateway.conftest import NOW_MS, at_any_port, eventually
from tests.gateway.memory_ingest import MemoryIngest
from tests.simulator.world.conftest import Made

# Beside what the protocol has only as whole numbers: half a unit, and what a float needs.
TELTONIKA_RESOLUTIONS = {
    "latitude_deg": 1e-7,
    "longitude_deg": 1e-7,
    "altitude_m": 0.501,
    "speed_kmh": 0.501,
    "course_deg": 0.501,
    "odometer_m": 0.501,
    "engine_hours_h": 0.5 / 60 + 1e-6,
    "fuel_level_pct": 0.501,
    "fuel_used_l": 0.0501,
    "coolant_temp_c": 0.501,
}
PROTOCOLS = {"osmand": osmand.PROTOCOL, "teltonika": teltonika.PROTOCOL}
OSMAND_RESOLUTIONS = {"speed_kmh": 1e-3}


def decoded(vehicle: LivedVehicle, protocol: DeviceProtocol) -> list[Position]:
    codec = protocol.codec(CodecContext(protocol.transports[0]))
    positions: list[Position] = []
    for sending in sendings(vehicle, protocol):
        if protocol.transports[0] == "http":
            inputs: Sequence[object] = http_requests(sending.data)
        else:
            inputs = [sending.data]
        for data in inputs:
            for message in codec.receive(data, 0):  # type: ignore[arg-type]
                assert message.unique_id in (None, vehicle.unique_id)
                positions += message.positions
    return positions


def some(vehicle: LivedVehicle, count: int) -> LivedVehicle:
    return msgspec.structs.replace(vehicle, reports=vehicle.reports[:count])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_survives_the_wire_of_its_device(fault: str, made: Made) -> None:
    vehicle = made(1, fault)
    # Some faults begin late; the last 500 reports are enough for the wire.
    vehicle = msgspec.structs.replace(vehicle, reports=vehicle.reports[-500:])
    read = decoded(vehicle, PROTOCOLS[vehicle.protocol])
    assert len(read) == len(vehicle.reports)
    for position, report in zip(read, vehicle.reports, strict=True):
        meant = report.position
        assert position.fix_time_ms == meant.fix_time_ms
        assert position.latitude_deg == pytest.approx(meant.latitude_deg, abs=1.1e-7)
        assert position.longitude_deg == pytest.approx(meant.longitude_deg, abs=1.1e-7)
        assert (position.valid, position.ignition) == (meant.valid, meant.ignition)
        assert position.speed_kmh == pytest.approx(meant.speed_kmh, abs=0.501)
        assert position.odometer_m == pytest.approx(meant.odometer_m, abs=0.501)


@pytest.mark.parametrize(
    ("protocol", "resolutions"),
    [(teltonika.PROTOCOL, TELTONIKA_RESOLUTIONS), (osmand.PROTOCOL, OSMAND_RESOLUTIONS)],
)
def test_the_codec_reads_what_the_device_said(
    protocol: DeviceProtocol, resolutions: dict[str, float], made: Made
) -> None:
    vehicle = some(made(1), 800)
    read = decoded(vehicle, protocol)
    assert len(read) == len(vehicle.reports)
    for position, report in zip(read, vehicle.reports, strict=True):
        for field in Position.__struct_fields__:
            if field in ("attributes", "signals", "gear"):
                continue
            meant, got = getattr(report.position, field), getattr(position, field)
            if field in resolutions and meant is not None:
                bound = resolutions[field]
                difference = abs(got - meant)
                assert min(difference, abs(difference - 360)) <= bound + 1e-9, field
            else:
                assert got == meant, field


def test_the_accuracy_of_a_cell_fix_is_on_the_wire(made: Made) -> None:
    vehicle = made(1, "cell_fixes")
    first = next(
        index
        for index, report in enumerate(vehicle.reports)
        if "accuracyM" in report.position.attributes
    )
    nearby = vehicle.reports[max(first - 50, 0) : first + 50]
    vehicle = msgspec.structs.replace(vehicle, reports=nearby)
    read = decoded(vehicle, osmand.PROTOCOL)
    said = [report.position.attributes.get("accuracyM") for report in vehicle.reports]
    assert any(said)
    assert [position.attributes.get("accuracyM") for position in read] == said


def test_what_arrives_within_a_second_goes_out_together(made: Made) -> None:
    vehicle = made(1)
    times_ms = [0, 400, 1000, 1001, 1002, 9000]
    reports = [ReceivedReport(Position(time), time) for time in times_ms]
    gathered = list(batches(msgspec.structs.replace(vehicle, reports=reports)))
    assert [(time_ms, len(batch)) for time_ms, batch in gathered] == [(0, 3), (1001, 2), (9000, 1)]


@pytest.mark.parametrize("protocol", [teltonika.PROTOCOL, osmand.PROTOCOL])
async def test_a_world_is_played_over_a_real_socket_in_order_of_delivery(
    protocol: DeviceProtocol, made: Made
) -> None:
    vehicle = some(made(1, "late", "clock_ahead", "doubled"), 200)
    ingest = MemoryIngest()
    ingest.known.add(vehicle.unique_id)
    conduct = Conduct(
        pace=Pace(0, 0, 1e9, until_now=False),
        clock_ms=lambda: 1_000_000,
        jitter=random.Random(1),
    )
    tallies: list[Tally] = []
    async with open_gateway(
        ingest,
        {protocol.name: at_any_port(protocol)},
        host="127.0.0.1",
        port_offset=0,
        clock_ms=lambda: NOW_MS,
        metrics=GatewayMetrics(CollectorRegistry()),
    ) as gateway:
        transport = protocol.transports[0]
        target = Target(protocol, transport, "127.0.0.1", gateway.ports[protocol.name, transport])
        await play([part_of(vehicle, target)], conduct, tallies)
        await eventually(lambda: len(ingest.stored) == 200)
    assert [row.position.fix_time_ms for row in ingest.stored] == [
        report.position.fix_time_ms for report in vehicle.reports
    ]
