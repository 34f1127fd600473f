"""A small world for the live tests: ids, states, and a directory that answers from memory."""

from uuid import UUID

from milepost.domain.scope import Role, Scope
from milepost.domain.vehicle import MotionState
from milepost.domain.vehicle_state import VehicleState
from milepost.live.permissions import VehicleRef


def identity(number: int) -> UUID:
    return UUID(int=(0x7 << 76) | (0x2 << 62) | number)


TENANT = identity(1)
OTHER_TENANT = identity(2)
NORTH = identity(11)
SOUTH = identity(12)
USER = identity(21)
DRIVER = identity(31)


def vehicle_id(number: int) -> UUID:
    return identity(1000 + number)


def state(
    number: int = 0,
    *,
    fleet_id: UUID | None = NORTH,
    speed_kmh: float = 50.0,
    at: tuple[float, float] | None = (52.0, 13.0),
    time_ms: int = 1_770_000_000_000,
    motion: MotionState = "moving",
) -> VehicleState:
    return VehicleState(
        vehicle_id(number),
        fleet_id,
        motion,
        time_ms - 60_000,
        time_ms,
        time_ms + 150,
        None if at is None else at[0],
        None if at is None else at[1],
        speed_kmh,
        ignition=True,
        odometer_m=123456.5,
    )


def scope(
    role: Role = "admin",
    *,
    tenant_id: UUID = TENANT,
    user_id: UUID | None = USER,
    fleet_ids: tuple[UUID, ...] | None = None,
    driver_id: UUID | None = None,
) -> Scope:
    return Scope(tenant_id, user_id, role, fleet_ids, driver_id)


class MemoryDirectory:
    """The permissions' directory over a dictionary, for tests that need no database."""

    def __init__(self) -> None:
        self.vehicles: dict[UUID, tuple[UUID, VehicleRef]] = {}
        self.fleets = {NORTH: TENANT, SOUTH: TENANT}
        self.drivers = {DRIVER: TENANT}

    def put(
        self,
        number: int,
        fleet_id: UUID | None = NORTH,
        driver_id: UUID | None = None,
        tenant_id: UUID = TENANT,
    ) -> None:
        vehicle = VehicleRef(vehicle_id(number), fleet_id, driver_id)
        self.vehicles[vehicle.id] = (tenant_id, vehicle)

    async def vehicle(self, scope: Scope, vehicle_id: UUID) -> VehicleRef | None:
        tenant_id, vehicle = self.vehicles.get(vehicle_id, (None, None))
        return vehicle if tenant_id == scope.tenant_id else None

    async def has_fleet(self, scope: Scope, fleet_id: UUID) -> bool:
        return self.fleets.get(fleet_id) == scope.tenant_id

    async def driven_by(self, scope: Scope, driver_id: UUID) -> tuple[VehicleRef, ...] | None:
        if self.drivers.get(driver_id) != scope.tenant_id:
            return None
        return tuple(
            vehicle
            for tenant_id, vehicle in self.vehicles.values()
            if tenant_id == scope.tenant_id and vehicle.driver_id == driver_id
        )
