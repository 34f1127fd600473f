"""Conclusions of the stream as rows of the tables that keep them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from milepost.domain.trip import Event, Rollup, Stop, Trip
from milepost.stores.derived_arrow import LastState
from milepost.stream.pipeline import DeviceState, encode_state
from milepost.workers.live_updates import vehicle_state
from milepost.workers.unit import (
    NO_VEHICLE,
    Derived,
    OutputKey,
    Pending,
    Unit,
    UnitKey,
    output_id,
)

Row = dict[str, Any]


class Checkpoint(msgspec.Struct, frozen=True):
    """How far the processor has come; (0, 0) at the beginning.

    Everything received before `watermark_ms` is in the device states. `version` is that of the
    newest totals and last states.
    """

    watermark_ms: int
    version: int


class FlushRows:
    """Everything that one flush writes: totals and last states first, the rest in one transaction.

    `replaced` lists units whose conclusions after a fix time were drawn anew: what is stored of
    those and not among the ids goes. `released` leave the quarantine with it.
    """

    def __init__(self, checkpoint: Checkpoint, now: datetime) -> None:
        self.checkpoint = checkpoint
        self.now = now
        self.totals: list[Row] = []
        self.last_states: list[LastState] = []
        self.replaced: list[tuple[UnitKey, int, list[UUID]]] = []
        self.released: list[UnitKey] = []
        self.states: list[Row] = []
        self.anchors: list[Row] = []
        self.trips: list[Row] = []
        self.stops: list[Row] = []
        self.events: list[Row] = []
        self.seen: list[Row] = []


def add_unit(rows: FlushRows, unit: Unit, state: DeviceState, pending: Pending) -> None:
    """Add one unit's checkpoint and conclusions.

    It reads the unit and changes nothing of it: a long one is added in a thread.
    """
    key = unit.installation.key
    latest = last_state(unit, state)
    if latest is not None:
        rows.last_states.append(latest)
    rollups = [each.output for each in pending.derived.values() if isinstance(each.output, Rollup)]
    rows.totals += rollup_rows(unit, rollups)
    owner = {
        "tenant_id": unit.installation.device.tenant_id,
        "device_id": key[0],
        "vehicle_id": key[1],
    }
    rows.states.append(
        owner
        | {
            "fix_time_ms": state.last_fix_time_ms,
            "state": encode_state(state),
            "updated_at": rows.now,
        }
    )
    rows.anchors += [
        owner
        | {
            "hour": anchor.hour,
            "fix_time_ms": anchor.state.last_fix_time_ms,
            "state": encode_state(anchor.state),
        }
        for anchor in pending.anchors.values()
    ]
    rows.seen.append(
        {"seen_device_id": key[0], "seen_time": rows.now, "seen_protocol": unit.protocol}
    )
    if pending.replace_after_ms is not None:
        ids = [output_id(key, each) for each in pending.derived]
        rows.replaced.append((key, pending.replace_after_ms, ids))
    nullable = owner | {"vehicle_id": None if key[1] == NO_VEHICLE else key[1]}
    for output_key, derived in pending.derived.items():
        _add_conclusion(rows, key, nullable, output_key, derived)


def _add_conclusion(
    rows: FlushRows, unit: UnitKey, owner: Row, key: OutputKey, derived: Derived
) -> None:
    identity = owner | {
        "id": output_id(unit, key),
        "decided_fix_time_ms": derived.decided_fix_time_ms,
    }
    match derived.output:
        case Trip() as trip:
            rows.trips.append(identity | _drive(owner, trip) | _trip_row(trip))
        case Stop() as stop:
            rows.stops.append(identity | _drive(owner, stop) | _stop_row(stop))
        case Event() as event:
            arrival = {"received_time": rows.now, "late": derived.late}
            rows.events.append(identity | arrival | _event_row(event))
        case Rollup():
            pass  # totals live in ClickHouse: rollup_rows


def _drive(owner: Row, journey: Trip | Stop) -> Row:
    """By these the statement looks up who was driving."""
    return {"driven_vehicle_id": owner["vehicle_id"], "driven_since": journey.start_time}


def _trip_row(trip: Trip) -> Row:
    return _journey_row(trip) | {
        "start_latitude_deg": trip.start_place.latitude_deg,
        "start_longitude_deg": trip.start_place.longitude_deg,
        "end_latitude_deg": trip.end_place.latitude_deg,
        "end_longitude_deg": trip.end_place.longitude_deg,
        "distance_m": trip.distance_m,
        "driving_s": trip.driving_s,
        "max_speed_kmh": trip.max_speed_kmh,
        "fuel_used_l": trip.fuel_used_l,
    }


def _stop_row(stop: Stop) -> Row:
    return _journey_row(stop) | {
        "latitude_deg": stop.place.latitude_deg,
        "longitude_deg": stop.place.longitude_deg,
    }


def _journey_row(journey: Trip | Stop) -> Row:
    start, end = journey.start_explanation, journey.end_explanation
    return {
        "start_time": journey.start_time,
        "end_time": journey.end_time,
        "idling_s": journey.idling_s,
        "position_count": journey.position_count,
        "has_gap": journey.has_gap,
        "start_reason": start.reason,
        "end_reason": None if end is None else end.reason,
        "start_explanation": msgspec.to_builtins(start),
        "end_explanation": None if end is None else msgspec.to_builtins(end),
    }


def _event_row(event: Event) -> Row:
    place = event.place
    return {
        "kind": event.kind,
        "fix_time": event.fix_time,
        "latitude_deg": None if place is None else place.latitude_deg,
        "longitude_deg": None if place is None else place.longitude_deg,
        "detail": event.detail,
    }


def rollup_rows(unit: Unit, rollups: Sequence[Rollup]) -> list[Row]:
    """Totals of 10-minute buckets, keyed by vehicle and device."""
    owner = _owner_bytes(unit)
    return [owner | msgspec.structs.asdict(rollup) for rollup in rollups]


def last_state(unit: Unit, state: DeviceState) -> LastState | None:
    """The vehicle's last state; None for a device that is in no vehicle or had no fix."""
    installation = unit.installation
    newest = vehicle_state(installation, state, unit.received_ms)
    if newest is None:
        return None
    return LastState(installation.device.tenant_id, installation.device.id, newest)


def _owner_bytes(unit: Unit) -> Row:
    device_id, vehicle_id = unit.installation.key
    return {
        "tenant_id": unit.installation.device.tenant_id.bytes,
        "vehicle_id": vehicle_id.bytes,
        "device_id": device_id.bytes,
    }
