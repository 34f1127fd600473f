"""Who may call what: every operation of the schema, by every role."""

from typing import Any

import httpx
import pytest

from milepost.domain.scope import ROLES, Role
from milepost.features.permissions import PERMISSIONS
from tests.api.conftest import NewMember
from tests.api.platform import Caller, new_id, problem

# What is not listed is for every role; a listed operation is for these alone.
ADMIN: set[Role] = {"admin"}
MANAGERS: set[Role] = {"admin", "fleet_manager"}
DISPATCHERS = MANAGERS | {"dispatcher"}
MAINTAINERS = MANAGERS | {"maintenance"}
NOT_DRIVERS = set(ROLES) - {"driver"}

RESTRICTED: dict[str, set[Role]] = {
    "changeTenant": ADMIN,
    **dict.fromkeys(("listUsers", "createUser", "getUser", "changeUser", "deleteUser"), ADMIN),
    **dict.fromkeys(("listUserSessions", "endUserSessions"), ADMIN),
    **dict.fromkeys(("resetSecondFactor", "createPasswordReset"), ADMIN),
    **dict.fromkeys(("listApiKeys", "createApiKey", "takeOverApiKey", "revokeApiKey"), ADMIN),
    **dict.fromkeys(("listQuarantine", "retryQuarantined"), ADMIN),
    "listAuditEntries": ADMIN,
    **dict.fromkeys(("createFleet", "changeFleet", "deleteFleet"), MANAGERS),
    **dict.fromkeys(("createVehicle", "deleteVehicle"), MANAGERS),
    "changeVehicle": MAINTAINERS,
    **dict.fromkeys(("createDevice", "changeDevice", "renewDeviceClaim"), MANAGERS),
    **dict.fromkeys(("deleteDevice", "listUnknownDevices", "adoptDevice"), MANAGERS),
    **dict.fromkeys(("listDeviceFrames", "forgetDeviceFrames"), MANAGERS),
    **dict.fromkeys(("createDriver", "changeDriver", "deleteDriver"), MANAGERS),
    **dict.fromkeys(("listDrivers", "listAssignments"), NOT_DRIVERS),
    **dict.fromkeys(("assignDriver", "endAssignment"), DISPATCHERS),
    "readPositionFeed": MANAGERS,
    **dict.fromkeys(("requestReprocessing", "choosePrimaryDevice"), MANAGERS),
    **dict.fromkeys(("listReprocessings", "getReprocessing", "listPrimaryDevices"), NOT_DRIVERS),
    **dict.fromkeys(("sendCommand", "cancelCommand"), DISPATCHERS),
    **dict.fromkeys(("listCommands", "getCommand", "listSupportedCommands"), NOT_DRIVERS),
}
# Signing out would end the caller's own session in the middle of the test.
LEFT_OUT = {"logout"}


async def operations(client: httpx.AsyncClient) -> list[tuple[str, str, dict[str, Any]]]:
    paths = (await client.get("/schema/openapi.json")).json()["paths"]
    return [
        (method, path.removeprefix("/api/v1"), operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if operation.get("security") and operation["operationId"] not in LEFT_OUT
    ]


def concrete(path: str) -> str:
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + str(new_id()) + rest.partition("}")[2]
    return path


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_call_what_it_may(
    member: NewMember, client: httpx.AsyncClient, role: Role
) -> None:
    caller: Caller = await member(role)
    for method, path, operation in await operations(client):
        name = operation["operationId"]
        response = await caller.send(method.upper(), concrete(path), {})
        allowed = role in RESTRICTED.get(name, set(ROLES))
        assert (response.status_code != 403) == allowed, f"{name}: {response.text}"
        if not allowed:
            assert problem(response)["code"] == "forbidden"


async def test_nothing_is_open_to_those_who_are_not_signed_in(client: httpx.AsyncClient) -> None:
    found = await operations(client)
    assert len(found) > 40
    for method, path, operation in found:
        response = await client.request(method, f"/api/v1{concrete(path)}", json={})
        assert problem(response)["code"] == "unauthenticated", operation["operationId"]


def test_every_restricted_operation_is_named_once_more_in_the_table_of_permissions() -> None:
    assert set(PERMISSIONS) == set(ROLES)
    assert PERMISSIONS["driver"] == {"read"}
    assert PERMISSIONS["admin"] >= PERMISSIONS["fleet_manager"] >= PERMISSIONS["dispatcher"]


async def test_maintenance_changes_what_concerns_it_and_no_more(
    admin: Caller, member: NewMember
) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    workshop = await member("maintenance")
    path = f"/vehicles/{vehicle['id']}"
    changed = await workshop.patch(path, {"status": "maintenance", "odometerM": 12_000.5})
    assert changed.json()["status"] == "maintenance"
    refused = await workshop.patch(path, {"status": "active", "name": "Mine"})
    assert problem(refused)["code"] == "forbidden"
