"""What live viewers are told of a unit: its vehicle's state, and what happened."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from milepost.domain.vehicle_state import VehicleState
from milepost.live.hub import Hub
from milepost.stream.conclusion import Row
from milepost.stream.contract import Output
from milepost.stream.kinds import kind_of
from milepost.stream.pipeline import DeviceState
from milepost.workers.unit import NO_VEHICLE, Installation


def tell_state(
    hub: Hub, installation: Installation, state: DeviceState, received_ms: int | None
) -> None:
    """Show the vehicle's newest state; nothing to show while it had no fix yet.

    A device that does not count adds what the one that does leaves open.
    """
    update = vehicle_state(installation, state, received_ms)
    if update is None:
        return
    if installation.policy.counts_at(update.fix_time_ms):
        tenant_id = installation.device.tenant_id
        hub.telemetry(tenant_id, installation.fleet_id, installation.vehicle_id, update)
    else:
        hub.beside(installation.vehicle_id, update)


def vehicle_state(
    installation: Installation, state: DeviceState, received_ms: int | None
) -> VehicleState | None:
    """The vehicle's newest state; None while the device is in no vehicle or had no fix yet."""
    fix, latest = state.last_fix, state.latest
    if installation.vehicle_id == NO_VEHICLE or fix is None or latest is None:
        return None
    return VehicleState(
        installation.vehicle_id,
        installation.fleet_id,
        state.motion,
        state.motion_since_ms,
        state.last_fix_time_ms,
        received_ms,
        fix.latitude_deg,
        fix.longitude_deg,
        fix.speed_kmh,
        fix.course_deg,
        fix.altitude_m,
        state.ignition,
        installation.policy.odometer_at(state.last_fix_time_ms, state.odometer_m),
        latest.fuel_level_pct,
        latest.engine_rpm,
        latest.coolant_temp_c,
        latest.battery_v,
        installation.driver_id,
        latest.alarm,
    )


def event_messages(
    installation: Installation, outputs: Sequence[Output]
) -> Iterator[tuple[UUID, list[str], str, Row]]:
    """What is told of the outputs at once: tenant, channels, name and data for the hub."""
    if installation.vehicle_id == NO_VEHICLE:
        return
    channels = [f"vehicle:{installation.vehicle_id}"]
    if installation.fleet_id is not None:
        channels.append(f"fleet:{installation.fleet_id}")
    for output in outputs:
        live_event = kind_of(output).live_event
        if live_event is not None:
            data = _subject(installation) | live_event.data(output)
            yield installation.device.tenant_id, channels, live_event.name(output), data


def _subject(installation: Installation) -> Row:
    return {
        "vehicleId": installation.vehicle_id,
        "deviceId": installation.device.id,
        "driverId": installation.driver_id,
    }
