"""The quarantine over HTTP: an administrator sees their tenant's and brings a try forward."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from milepost.features.quarantine.tables import quarantine
from milepost.stores.postgres.database import Database
from tests.api.platform import Caller, problem

LATER = datetime.now(UTC) + timedelta(hours=1)


async def put_aside(database: Database, caller: Caller, vehicle_id: UUID) -> UUID:
    device_id = uuid4()
    async with database.operator_transaction() as connection:
        await connection.execute(
            insert(quarantine).values(
                device_id=device_id,
                vehicle_id=vehicle_id,
                tenant_id=caller.tenant_id,
                reason="a number out of range",
                received_since_ms=0,
                since_time=LATER,
                tries=3,
                retry_time=LATER,
            )
        )
    return device_id


async def test_what_was_put_aside_is_listed_with_its_reason_and_can_be_retried(
    admin: Caller, database: Database
) -> None:
    vehicle_id = uuid4()
    device_id = await put_aside(database, admin, vehicle_id)
    nowhere = await put_aside(database, admin, UUID(int=0))
    first = (await admin.get("/quarantine?limit=1")).json()
    rest = (await admin.get(f"/quarantine?limit=1&after={first['next']}")).json()
    listed = {each["deviceId"]: each for each in first["items"] + rest["items"]}
    assert set(listed) == {str(device_id), str(nowhere)}
    assert listed[str(nowhere)]["vehicleId"] is None
    found = listed[str(device_id)]
    assert (found["vehicleId"], found["reason"]) == (str(vehicle_id), "a number out of range")
    assert found["tries"] == 3
    answer = await admin.post(f"/quarantine/{device_id}/retry", {})
    assert answer.status_code == 200, answer.text
    query = select(quarantine.c.retry_time).where(quarantine.c.device_id == device_id)
    async with database.operator_transaction() as connection:
        retry_time = await connection.scalar(query)
    assert retry_time is not None
    assert retry_time <= datetime.now(UTC)


async def test_another_tenants_is_neither_seen_nor_retried(
    admin: Caller, stranger: Caller, database: Database
) -> None:
    device_id = await put_aside(database, admin, uuid4())
    assert (await stranger.get("/quarantine")).json()["items"] == []
    refused = await stranger.post(f"/quarantine/{device_id}/retry", {})
    assert problem(refused)["code"] == "not_found"
