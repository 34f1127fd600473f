"""What a vehicle is doing now: the row of the last states, and what live viewers are sent."""

from uuid import UUID

import msgspec

from milepost.domain.vehicle import MotionState


class VehicleState(msgspec.Struct, frozen=True, gc=False):
    """The newest believed report of a vehicle and what was concluded from it.

    The stream makes one per packet, so times are milliseconds since the Unix epoch, UTC.
    `state_since_ms` is when the vehicle began to be in `state`. `received_time_ms` is None where
    the state was derived again from stored rows. `fleet_id` is the vehicle's fleet at that moment.
    """

    vehicle_id: UUID
    fleet_id: UUID | None
    state: MotionState
    state_since_ms: int
    fix_time_ms: int
    received_time_ms: int | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
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


_SIGNALS = ("ignition", "fuel_level_pct", "engine_rpm", "coolant_temp_c", "battery_v")


def with_signals(state: VehicleState, beside: VehicleState) -> VehicleState:
    """The state, with what another device in the vehicle measures and this one does not."""
    missing = {
        name: value
        for name in _SIGNALS
        if getattr(state, name) is None and (value := getattr(beside, name)) is not None
    }
    return msgspec.structs.replace(state, **missing) if missing else state
