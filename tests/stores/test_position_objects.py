"""Positions as the engine writes them in JSON, against what the wire type says of the same rows."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.features.position_view import position_view
from milepost.stores.position_objects import PositionObjects, read_position_objects
from milepost.stores.positions_arrow import build_table
from milepost.stores.telemetry import PositionCursor, Telemetry
from milepost.stores.vehicle_history import VehicleHistory
from tests.conftest import admin_of
from tests.stores.samples import FULL, START_MS, context, drive, positions

FAR_MS = 4_000_000_000_001
DEVICE = UUID("00000000-0000-4000-8000-000000000001")
DRIVER = UUID("00000000-0000-4000-8000-000000000002")


async def stored(
    telemetry: Telemetry, reports: list[Position], received_ms: int = START_MS
) -> tuple[Scope, UUID]:
    tenant, vehicle = uuid4(), uuid4()
    row = context(tenant, DEVICE, vehicle, received_ms)
    row = msgspec.structs.replace(row, driver_id=DRIVER.bytes)
    await telemetry.insert_positions(build_table([row] * len(reports), reports))
    return admin_of(tenant), vehicle


def objects(found: PositionObjects) -> list[Any]:
    whole: list[Any] = msgspec.json.decode(b"[" + found.data + b"]")
    return whole


async def test_a_report_is_written_with_all_that_was_measured(telemetry: Telemetry) -> None:
    half = Position(fix_time_ms=START_MS + 1500, satellites=7, valid=True)
    scope, vehicle = await stored(telemetry, [FULL, half], START_MS + 2000)
    found = await read_position_objects(telemetry, scope, VehicleHistory(vehicle, 0, FAR_MS), 9)
    ids = {"deviceId": str(DEVICE), "vehicleId": str(vehicle), "driverId": str(DRIVER)}
    received = {"receivedTime": "2025-06-15T15:06:42Z"}
    assert objects(found) == [
        {
            **ids,
            **received,
            "fixTime": "2025-06-15T15:06:40Z",
            "latitudeDeg": 52.520008,
            "longitudeDeg": 13.404954,
            "altitudeM": 34.5,
            "speedKmh": 51.0,
            "courseDeg": 271.5,
            "valid": False,
            "hdop": 0.9,
            "satellites": 11,
            "ignition": True,
            "odometerM": 1_234_567.0,
            "engineHoursH": 321.25,
            "fuelLevelPct": 63.5,
            "fuelUsedL": 8123.4,
            "engineRpm": 1850.0,
            "throttlePct": 22.0,
            "engineLoadPct": 45.5,
            "coolantTempC": 88.0,
            "engineOilTempC": 97.0,
            "oilPressureKpa": 310.0,
            "batteryV": 13.8,
            "tirePressuresKpa": [230.0, None, 228.5],
            "brakePedal": False,
            "gear": -1,
            "alarm": "sos",
            "eventCodes": ["io:239", "io:240"],
            "damaged": True,
            "signals": {"Vehicle.Cabin.HVAC.AmbientAirTemperature": 21.5},
            "attributes": {"io:385": "00ff", "operator": "Ümlaut"},
        },
        {
            **ids,
            **received,
            "fixTime": "2025-06-15T15:06:41.500000Z",
            "satellites": 7,
            "valid": True,
        },
    ]
    assert not found.has_more


@settings(max_examples=30)
@given(reports=st.lists(positions(), min_size=1, max_size=8))
async def test_any_report_is_written_as_its_wire_type_is(
    telemetry: Telemetry, reports: list[Position]
) -> None:
    scope, vehicle = await stored(telemetry, reports)
    found = await read_position_objects(telemetry, scope, VehicleHistory(vehicle, 0, FAR_MS), 99)
    rows = await telemetry.vehicle_positions(scope, vehicle, 0, FAR_MS, 99)
    views = msgspec.json.encode([position_view(row) for row in rows])
    assert objects(found) == msgspec.json.decode(views)


async def test_pages_of_objects_join_without_gap_or_overlap(telemetry: Telemetry) -> None:
    reports = drive(10)
    twin = [msgspec.structs.replace(each, speed_kmh=1.0) for each in reports]
    scope, vehicle = await stored(telemetry, reports + twin + twin)
    history = VehicleHistory(vehicle, START_MS, FAR_MS)
    seen: list[Any] = []
    after: PositionCursor | None = None
    while True:
        found = await read_position_objects(telemetry, scope, history, 3, after)
        seen += objects(found)
        if not found.has_more:
            break
        after = found.last
    assert len(seen) == 20
    speeds = sorted(each["speedKmh"] for each in seen)
    assert speeds == [1.0] * 10 + [float(speed) for speed in range(30, 40)]


async def test_without_a_position_there_is_nothing(telemetry: Telemetry) -> None:
    scope, vehicle = await stored(telemetry, drive(1))
    history = VehicleHistory(vehicle, 0, START_MS)
    found = await read_position_objects(telemetry, scope, history, 3)
    assert found == PositionObjects(b"", None, has_more=False)
