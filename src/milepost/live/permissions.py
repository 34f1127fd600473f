"""May this caller watch this channel? Nobody may, unless a rule here says so."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

import msgspec

from milepost.domain.scope import Scope
from milepost.errors import Forbidden
from milepost.features.permissions import permits
from milepost.live.channels import Channel, ChannelKind
from milepost.live.topics import Audience


class VehicleRef(msgspec.Struct, frozen=True):
    """What decides who may see a vehicle: its fleet, and who drives it now."""

    id: UUID
    fleet_id: UUID | None
    driver_id: UUID | None


class Directory(Protocol):
    """What the permissions ask the database, within the caller's tenant."""

    async def vehicle(self, scope: Scope, vehicle_id: UUID) -> VehicleRef | None:
        """The vehicle, or None where the tenant has none with this id."""
        ...

    async def has_fleet(self, scope: Scope, fleet_id: UUID) -> bool:
        """Whether the tenant has the fleet."""
        ...

    async def driven_by(self, scope: Scope, driver_id: UUID) -> tuple[VehicleRef, ...] | None:
        """The vehicles assigned to the driver now; None where the tenant has no such driver."""
        ...


Rule = Callable[[Scope, UUID, Channel, Directory], Awaitable[Audience | None]]


async def audience_of(scope: Scope, channel: Channel, directory: Directory) -> Audience:
    """What the caller may see on the channel.

    Raises:
        Forbidden: nothing; the same whether the thing is not theirs or does not exist.
    """
    # Channels without an id have rules that do not read it.
    identity = channel.id or scope.tenant_id
    audience = await _RULES[channel.kind](scope, identity, channel, directory)
    if audience is None:
        raise Forbidden(f"subscribing to {channel.name}", "a permission that the caller lacks")
    if permits(scope, "read_commands"):
        return audience
    return msgspec.structs.replace(audience, commands=False)


def _fleets(scope: Scope) -> frozenset[UUID] | None:
    return None if scope.fleet_ids is None else frozenset(scope.fleet_ids)


async def _vehicle(
    scope: Scope, vehicle_id: UUID, channel: Channel, directory: Directory
) -> Audience | None:
    vehicle = await directory.vehicle(scope, vehicle_id)
    if vehicle is None:
        return None
    only = frozenset({vehicle_id})
    if scope.role == "driver":
        drives = scope.driver_id is not None and vehicle.driver_id == scope.driver_id
        return Audience(scope.tenant_id, channel, only) if drives else None
    audience = Audience(scope.tenant_id, channel, only, _fleets(scope))
    return audience if audience.admits(vehicle_id, vehicle.fleet_id) else None


async def _fleet(
    scope: Scope, fleet_id: UUID, channel: Channel, directory: Directory
) -> Audience | None:
    if scope.role == "driver":
        return None
    if scope.fleet_ids is not None and fleet_id not in scope.fleet_ids:
        return None
    if not await directory.has_fleet(scope, fleet_id):
        return None
    return Audience(scope.tenant_id, channel, None, frozenset({fleet_id}))


async def _fleet_all(
    scope: Scope, _: UUID, channel: Channel, directory: Directory
) -> Audience | None:
    if scope.role != "driver":
        return Audience(scope.tenant_id, channel, None, _fleets(scope))
    driven = None
    if scope.driver_id is not None:
        driven = await directory.driven_by(scope, scope.driver_id)
    vehicle_ids = frozenset(vehicle.id for vehicle in driven or ())
    return Audience(scope.tenant_id, channel, vehicle_ids)


async def _driver(
    scope: Scope, driver_id: UUID, channel: Channel, directory: Directory
) -> Audience | None:
    themselves = scope.driver_id == driver_id
    if not themselves and not permits(scope, "read_people"):
        return None
    driven = await directory.driven_by(scope, driver_id)
    if driven is None:
        return None
    fleet_ids = scope.fleet_ids
    within = fleet_ids is None or any(vehicle.fleet_id in fleet_ids for vehicle in driven)
    return Audience(scope.tenant_id, channel) if themselves or within else None


async def _user(scope: Scope, user_id: UUID, channel: Channel, _: Directory) -> Audience | None:
    return Audience(scope.tenant_id, channel) if scope.user_id == user_id else None


async def _system(scope: Scope, _: UUID, channel: Channel, __: Directory) -> Audience | None:
    return Audience(scope.tenant_id, channel)


async def _admin(scope: Scope, _: UUID, channel: Channel, __: Directory) -> Audience | None:
    return Audience(scope.tenant_id, channel) if scope.role == "admin" else None


_RULES: Mapping[ChannelKind, Rule] = MappingProxyType(
    {
        "vehicle": _vehicle,
        "fleet": _fleet,
        "fleet_all": _fleet_all,
        "driver": _driver,
        "user": _user,
        "system": _system,
        "admin": _admin,
    }
)
