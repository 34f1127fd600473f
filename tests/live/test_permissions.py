import pytest

from milepost.domain.scope import ROLES, Role, Scope
from milepost.errors import Forbidden
from milepost.features.permissions import permits
from milepost.live.channels import parse_channel
from milepost.live.permissions import audience_of
from milepost.live.topics import Audience
from tests.live.fleet import (
    DRIVER,
    NORTH,
    OTHER_TENANT,
    SOUTH,
    TENANT,
    USER,
    MemoryDirectory,
    identity,
    scope,
    vehicle_id,
)

OTHER_DRIVER = identity(32)


@pytest.fixture
def directory() -> MemoryDirectory:
    directory = MemoryDirectory()
    directory.put(0, NORTH, DRIVER)
    directory.put(1, SOUTH)
    directory.put(2, None)
    directory.put(9, NORTH, tenant_id=OTHER_TENANT)
    directory.drivers[OTHER_DRIVER] = TENANT
    directory.drivers[identity(39)] = OTHER_TENANT
    return directory


async def allowed(scope: Scope, name: str, directory: MemoryDirectory) -> Audience | None:
    try:
        return await audience_of(scope, parse_channel(name), directory)
    except Forbidden:
        return None


NORTHERNER = scope("fleet_manager", fleet_ids=(NORTH,))
DRIVING = scope("driver", driver_id=DRIVER)
NOBODY = scope("driver")

CASES = [
    (scope("viewer"), f"vehicle:{vehicle_id(0)}", True),
    (scope("viewer"), f"vehicle:{vehicle_id(9)}", False),
    (scope("admin"), f"vehicle:{vehicle_id(9)}", False),
    (scope("admin"), f"vehicle:{vehicle_id(77)}", False),
    (NORTHERNER, f"vehicle:{vehicle_id(0)}", True),
    (NORTHERNER, f"vehicle:{vehicle_id(1)}", False),
    (NORTHERNER, f"vehicle:{vehicle_id(2)}", False),
    (DRIVING, f"vehicle:{vehicle_id(0)}", True),
    (DRIVING, f"vehicle:{vehicle_id(1)}", False),
    (NOBODY, f"vehicle:{vehicle_id(1)}", False),
    (scope("viewer"), f"fleet:{NORTH}", True),
    (scope("viewer", tenant_id=OTHER_TENANT), f"fleet:{NORTH}", False),
    (NORTHERNER, f"fleet:{NORTH}", True),
    (NORTHERNER, f"fleet:{SOUTH}", False),
    (scope("viewer", fleet_ids=(identity(99),)), f"fleet:{identity(99)}", False),
    (DRIVING, f"fleet:{NORTH}", False),
    (scope("dispatcher"), f"driver:{DRIVER}", True),
    (scope("dispatcher"), f"driver:{identity(39)}", False),
    (NORTHERNER, f"driver:{DRIVER}", True),
    (NORTHERNER, f"driver:{OTHER_DRIVER}", False),
    (DRIVING, f"driver:{DRIVER}", True),
    (DRIVING, f"driver:{OTHER_DRIVER}", False),
    (scope("admin"), f"user:{USER}", True),
    (scope("admin"), f"user:{identity(22)}", False),
    (scope("admin", user_id=None), f"user:{USER}", False),
    (NOBODY, "system:notifications", True),
    (NOBODY, "system:announcements", True),
    (scope("admin"), "admin:*", True),
    (scope("admin"), "admin:audit", True),
    (scope("fleet_manager"), "admin:*", False),
]


@pytest.mark.parametrize(("caller", "name", "expected"), CASES)
async def test_who_may_watch(
    directory: MemoryDirectory, caller: Scope, name: str, *, expected: bool
) -> None:
    audience = await allowed(caller, name, directory)
    assert (audience is not None) == expected
    if audience is not None:
        assert audience.tenant_id == caller.tenant_id


@pytest.mark.parametrize("role", ROLES)
async def test_all_vehicles_means_all_of_the_callers(
    directory: MemoryDirectory, role: Role
) -> None:
    caller = scope(role, fleet_ids=(NORTH,), driver_id=DRIVER)
    audience = await allowed(caller, "fleet:all", directory)
    assert audience is not None
    seen = [
        n
        for n, fleet in ((0, NORTH), (1, SOUTH), (2, None))
        if audience.admits(vehicle_id(n), fleet)
    ]
    assert seen == [0]


async def test_driver_without_an_assignment_sees_no_vehicle(directory: MemoryDirectory) -> None:
    for caller in (NOBODY, scope("driver", driver_id=OTHER_DRIVER)):
        audience = await allowed(caller, "fleet:all", directory)
        assert audience is not None
        assert audience.vehicle_ids == frozenset()


async def test_the_refusal_does_not_tell_whether_the_thing_exists(
    directory: MemoryDirectory,
) -> None:
    texts = []
    for number in (9, 77):
        with pytest.raises(Forbidden) as caught:
            await audience_of(scope(), parse_channel(f"vehicle:{vehicle_id(number)}"), directory)
        texts.append(str(caught.value).replace(str(vehicle_id(number)), ""))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("role", ROLES)
async def test_what_devices_are_told_is_for_those_who_may_read_commands(
    directory: MemoryDirectory, role: Role
) -> None:
    caller = scope(role, driver_id=DRIVER)
    for name in ("fleet:all", f"vehicle:{vehicle_id(0)}", f"user:{USER}"):
        audience = await allowed(caller, name, directory)
        assert audience is not None
        assert audience.commands == permits(caller, "read_commands") == (role != "driver")
