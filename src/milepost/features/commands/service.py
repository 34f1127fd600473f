"""Commands for devices: asked for, looked at, taken back. What becomes of them is the worker's."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from milepost.domain.command import Command, EngineResume, kind_of
from milepost.domain.command_run import (
    CommandChange,
    CommandRun,
    CommandState,
    lifetime_of,
    number_after,
)
from milepost.domain.engine_stop import Sighting, judge
from milepost.domain.thresholds import Thresholds
from milepost.domain.vehicle import Device, Vehicle
from milepost.errors import ConfirmationNeeded, VehicleMoving
from milepost.features.audit.service import record
from milepost.features.commands import store
from milepost.features.commands.schemas import NewCommand
from milepost.features.commands.supported import permission_for
from milepost.features.commands.writing import stops_engine, write
from milepost.features.confirmation import LIFETIME_S, Confirmations
from milepost.features.devices.known_protocols import KnownProtocols
from milepost.features.devices.store import DEVICES
from milepost.features.permissions import demand
from milepost.features.tenants.store import get_tenant
from milepost.features.vehicles.last_states import LastStates
from milepost.features.vehicles.store import VEHICLES
from milepost.features.work import Work
from milepost.protocols.commands import Order

LineSighting = Callable[[str], Sighting | None]


class Intent(msgspec.Struct, frozen=True):
    """What is confirmed: the device in its vehicle, the command, and how long it may wait."""

    device_id: UUID
    vehicle_id: UUID | None
    command: Command
    expires_in_s: int | None


class CommandRules(msgspec.Struct, frozen=True):
    """What a command is checked against.

    `line_sighting` is what the open line of a device has said of its vehicle's speed, by the
    device's unique id.
    """

    protocols: KnownProtocols
    confirmations: Confirmations
    last_states: LastStates
    line_sighting: LineSighting


async def send_command(
    work: Work, device_id: UUID, new: NewCommand, rules: CommandRules
) -> CommandRun:
    """Queue a command for a device; it is sent as soon as there is a way to it.

    Raises:
        NotFound: there is no such device that the caller may know of.
        Forbidden: the caller's role does not include this kind of command.
        InvalidInput: the device's protocol has no such command, or not with these values; or the
            confirmation is not of this command.
        VehicleMoving: it stops the engine, and the vehicle is known to be too fast.
        ConfirmationNeeded: it stops the engine, and has not been confirmed.
    """
    demand(work.scope, permission_for(kind_of(new.command)))
    # The lock keeps the numbers of a device's commands apart.
    device = await DEVICES.get(work.connection, work.scope, device_id, lock=True)
    vehicle = await _vehicle_of(work, device)
    number = number_after(await store.last_number(work.connection, device_id))
    command_id = await _allow(work, device, vehicle, new, number, rules)
    if isinstance(new.command, EngineResume):
        await _withdraw_stops(work, device, vehicle, rules)
    run = _new_run(work, device, new, number, command_id)
    await store.insert_run(work.connection, run, None)
    await record(work, "created", "command", run.id, after=run)
    work.command_changed(_change(run, device, vehicle))
    return run


def _new_run(
    work: Work, device: Device, new: NewCommand, number: int, command_id: UUID
) -> CommandRun:
    now, kind = work.clock(), kind_of(new.command)
    lifetime = lifetime_of(kind)
    if new.expires_in_s is not None:
        lifetime = timedelta(seconds=new.expires_in_s)
    return CommandRun(
        id=command_id,
        tenant_id=work.scope.tenant_id,
        device_id=device.id,
        vehicle_id=device.vehicle_id,
        number=number,
        kind=kind,
        command=new.command,
        state="pending",
        attempts=0,
        who=work.who,
        initiator_user_id=work.scope.user_id,
        reply=None,
        reason=None,
        created_at=now,
        updated_at=now,
        expires_at=now + lifetime,
    )


async def cancel_command(work: Work, device_id: UUID, command_id: UUID) -> CommandRun:
    """Take a command back that has not been sent.

    Raises:
        NotFound: there is no such command of a device that the caller may know of.
        Forbidden: the caller's role does not include this kind of command.
        Conflict: it is no longer pending.
    """
    device = await DEVICES.get(work.connection, work.scope, device_id)
    place = (work.connection, work.scope.tenant_id, device_id, command_id)
    run = await store.get_run(*place, lock=True)
    demand(work.scope, permission_for(run.kind))
    return await _cancel(work, device, await _vehicle_of(work, device), run, None)


async def _allow(
    work: Work,
    device: Device,
    vehicle: Vehicle | None,
    new: NewCommand,
    number: int,
    rules: CommandRules,
) -> UUID:
    """The id that the command is to have, if nothing speaks against it."""
    protocol = rules.protocols.get(device.protocol)
    order = Order(device.unique_id, number, options=device.options)
    write(protocol, device.protocol, new.command, order)
    if protocol is None or not stops_engine(protocol, new.command, order):
        return work.make_id()
    await _check_speed(work, device, vehicle, rules)
    confirming = (work.who, Intent(device.id, device.vehicle_id, new.command, new.expires_in_s))
    if new.confirm is None:
        token = rules.confirmations.issue(*confirming, work.make_id())
        raise ConfirmationNeeded(
            f"{kind_of(new.command)} for {device.unique_id}", token, LIFETIME_S
        )
    return rules.confirmations.check(new.confirm, *confirming)


async def _check_speed(
    work: Work, device: Device, vehicle: Vehicle | None, rules: CommandRules
) -> None:
    """Refuse where the vehicle is known to be fast; the worker looks again, and waits if unsure.

    Its last state is of whatever report came last, by any way; so what the device's line says
    counts beside it.
    """
    if vehicle is None:
        return
    tenant = await get_tenant(work.connection, work.scope.tenant_id)
    limits = msgspec.convert(tenant.thresholds | vehicle.thresholds, Thresholds)
    max_speed_kmh = limits.engine_stop_max_speed_kmh
    for seen in await _sightings(work, device, vehicle, rules):
        if judge(seen, _ms(work.clock()), max_speed_kmh) == "moving":
            raise VehicleMoving(vehicle.name, seen.speed_kmh, max_speed_kmh)


async def _sightings(
    work: Work, device: Device, vehicle: Vehicle, rules: CommandRules
) -> list[Sighting]:
    said = rules.line_sighting(device.unique_id) if device.is_proven else None
    states = await rules.last_states.of(work.scope, [vehicle.id])
    last = states.get(vehicle.id)
    shown = None
    if last is not None:
        state = last.state
        shown = Sighting(state.fix_time_ms, state.speed_kmh, state.state == "moving")
    return [seen for seen in (said, shown) if seen is not None]


async def _withdraw_stops(
    work: Work, device: Device, vehicle: Vehicle | None, rules: CommandRules
) -> None:
    """An engine that is to run again must not be stopped by what still waits."""
    protocol = rules.protocols.get(device.protocol)
    place = (work.connection, work.scope.tenant_id, device.id)
    for run in await store.open_runs(*place, lock=True):
        order = Order(device.unique_id, run.number, options=device.options)
        waits = run.state == "pending"
        if waits and protocol is not None and stops_engine(protocol, run.command, order):
            await _cancel(work, device, vehicle, run, "the engine was told to run again")


async def _cancel(
    work: Work, device: Device, vehicle: Vehicle | None, run: CommandRun, reason: str | None
) -> CommandRun:
    state: CommandState = "cancelled"
    moved = await store.move(work.connection, run, state, work.clock(), work.who, reason=reason)
    await record(work, "cancelled", "command", run.id, before=run, after=moved)
    work.command_changed(_change(moved, device, vehicle))
    return moved


async def _vehicle_of(work: Work, device: Device) -> Vehicle | None:
    if device.vehicle_id is None:
        return None
    return await VEHICLES.get(work.connection, work.scope, device.vehicle_id)


def _change(run: CommandRun, device: Device, vehicle: Vehicle | None) -> CommandChange:
    return CommandChange(run, device.unique_id, None if vehicle is None else vehicle.fleet_id)


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)
