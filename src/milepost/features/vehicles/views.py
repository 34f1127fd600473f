"""Vehicles and their states as wire types."""

from datetime import datetime

import msgspec

from milepost.features.position_view import last_position_view
from milepost.features.thresholds import overrides_view
from milepost.features.vehicles.schemas import VehicleStateView, VehicleView
from milepost.features.vehicles.store import VehicleRecord
from milepost.features.wire import location_of, time_of, view_of
from milepost.stores.derived_arrow import LastState


def vehicle_view(vehicle: VehicleRecord, last: LastState | None) -> VehicleView:
    """A vehicle with where it is and what it does now; one that never reported is offline."""
    last = None if last is None else with_odometer(last, vehicle.odometer_time, vehicle.odometer_m)
    state = None if last is None else last.state
    return view_of(
        vehicle,
        VehicleView,
        vehicle_id=vehicle.id,
        thresholds=overrides_view(vehicle.thresholds),
        odometer_m=vehicle.odometer_m if state is None else state.odometer_m,
        state="offline" if state is None else state.state,
        state_since=None if state is None else time_of(state.state_since_ms),
        last_location=None
        if state is None
        else location_of(state.latitude_deg, state.longitude_deg),
        last_location_update=None if state is None else time_of(state.fix_time_ms),
        last_position=None if last is None else last_position_view(last),
    )


def with_odometer(
    last: LastState, set_time: datetime | None, odometer_m: float | None
) -> LastState:
    """The state with what somebody has said since that the odometer shows, if anybody has."""
    state = last.state
    if set_time is None or set_time.timestamp() * 1000 <= state.fix_time_ms:
        return last
    return msgspec.structs.replace(
        last, state=msgspec.structs.replace(state, odometer_m=odometer_m)
    )


def state_view(last: LastState) -> VehicleStateView:
    """What a vehicle is doing now."""
    state = last.state
    received_ms = state.received_time_ms
    return view_of(
        state,
        VehicleStateView,
        state_since=time_of(state.state_since_ms),
        timestamp=time_of(state.fix_time_ms),
        received_time=None if received_ms is None else time_of(received_ms),
        location=location_of(state.latitude_deg, state.longitude_deg),
    )
