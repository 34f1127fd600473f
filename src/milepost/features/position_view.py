"""Positions on the wire."""

from datetime import datetime
from uuid import UUID

import msgspec

from milepost.domain.position import Position
from milepost.domain.vehicle_state import VehicleState
from milepost.features.paging import Page
from milepost.features.wire import Wire, time_of
from milepost.stores.derived_arrow import LastState
from milepost.stores.telemetry import StoredPosition


class PositionView(Wire, frozen=True, kw_only=True, omit_defaults=True):
    """One report of a device; what it did not measure is absent.

    `signals` maps a COVESA VSS path to a number in that path's unit. `attributes` keeps what has no
    place there. `beginsSegment` stands in lists of believed positions: the line does not lead here
    from the one before.
    """

    device_id: UUID
    vehicle_id: UUID | None = None
    driver_id: UUID | None = None
    fix_time: datetime
    received_time: datetime | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None
    speed_kmh: float | None = None
    course_deg: float | None = None
    valid: bool
    hdop: float | None = None
    satellites: int | None = None
    ignition: bool | None = None
    odometer_m: float | None = None
    engine_hours_h: float | None = None
    fuel_level_pct: float | None = None
    fuel_used_l: float | None = None
    engine_rpm: float | None = None
    throttle_pct: float | None = None
    engine_load_pct: float | None = None
    coolant_temp_c: float | None = None
    engine_oil_temp_c: float | None = None
    oil_pressure_kpa: float | None = None
    battery_v: float | None = None
    tire_pressures_kpa: tuple[float | None, ...] = ()
    brake_pedal: bool | None = None
    gear: int | None = None
    alarm: str | None = None
    event_codes: tuple[str, ...] = ()
    damaged: bool = False
    signals: dict[str, float] = msgspec.field(default_factory=dict)
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
    begins_segment: bool = False


_MEASURED = tuple(
    name for name in Position.__struct_fields__ if name in PositionView.__struct_fields__
)
_OF_STATE = tuple(name for name in _MEASURED if name in VehicleState.__struct_fields__)


def position_view(stored: StoredPosition) -> PositionView:
    """A stored position on the wire."""
    position = stored.position
    return PositionView(
        device_id=stored.device_id,
        vehicle_id=stored.vehicle_id,
        driver_id=stored.driver_id,
        fix_time=time_of(position.fix_time_ms),
        received_time=time_of(stored.received_time_ms),
        **{name: getattr(position, name) for name in _MEASURED},
    )


def last_position_view(last: LastState) -> PositionView:
    """What is kept of a vehicle's newest position."""
    state, received_ms = last.state, last.state.received_time_ms
    return PositionView(
        device_id=last.device_id,
        vehicle_id=state.vehicle_id,
        driver_id=state.driver_id,
        fix_time=time_of(state.fix_time_ms),
        received_time=None if received_ms is None else time_of(received_ms),
        valid=True,
        **{name: getattr(state, name) for name in _OF_STATE},
    )


class PositionPage(Page[PositionView], frozen=True):
    """A page of positions in fix-time order."""

    items: list[PositionView]


class PositionFeedPage(Wire, frozen=True):
    """A page of the position feed; `next` goes on from here, also when there is no more now."""

    items: list[PositionView]
    next: str
    has_more: bool
