"""The wire form of a vehicle's state: camelCase, ISO 8601 times, no nulls."""

from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

import msgspec

from milepost.domain.vehicle_state import VehicleState


class Location(msgspec.Struct, frozen=True, gc=False):
    """A point on the ground, WGS 84, in degrees."""

    lat: float
    lng: float


class StateData(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """`data` of `telemetry_update`, and an element of `initial_data.vehicles`."""

    vehicle_id: UUID
    state: str
    state_since: str
    timestamp: str
    fleet_id: UUID | None = None
    received_time: str | None = None
    location: Location | None = None
    speed_kmh: float | None = None
    course_deg: float | None = None
    altitude_m: float | None = None
    ignition: bool | None = None
    odometer_m: float | None = None
    fuel_level_pct: float | None = None
    engine_rpm: float | None = None
    coolant_temp_c: float | None = None
    battery_v: float | None = None
    driver_id: UUID | None = None
    alarm: str | None = None


@lru_cache(maxsize=8192)
def _second(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def iso_time(unix_ms: int) -> str:
    """ISO 8601 in UTC with milliseconds: `2026-02-03T04:05:06.789Z`."""
    unix_s, rest_ms = divmod(unix_ms, 1000)
    return f"{_second(unix_s)}.{rest_ms:03d}Z"


_encode = msgspec.json.Encoder().encode


def state_json(state: VehicleState) -> str:
    """The state as a JSON object."""
    latitude_deg, longitude_deg = state.latitude_deg, state.longitude_deg
    received_ms = state.received_time_ms
    data = StateData(
        state.vehicle_id,
        state.state,
        iso_time(state.state_since_ms),
        iso_time(state.fix_time_ms),
        state.fleet_id,
        None if received_ms is None else iso_time(received_ms),
        None
        if latitude_deg is None or longitude_deg is None
        else Location(latitude_deg, longitude_deg),
        state.speed_kmh,
        state.course_deg,
        state.altitude_m,
        state.ignition,
        state.odometer_m,
        state.fuel_level_pct,
        state.engine_rpm,
        state.coolant_temp_c,
        state.battery_v,
        state.driver_id,
        state.alarm,
    )
    return _encode(data).decode()
