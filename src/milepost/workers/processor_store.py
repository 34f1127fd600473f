"""What the processor reads and writes in PostgreSQL: installations, checkpoints, conclusions."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Delete,
    Executable,
    Integer,
    RowMapping,
    Select,
    Table,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.vehicle import Device
from milepost.features.all_tables import all_tables
from milepost.features.assignments.tables import driver_assignments
from milepost.features.device_states.tables import (
    device_anchors,
    device_states,
    processor_checkpoint,
)
from milepost.features.devices.tables import devices, unknown_devices
from milepost.features.former_thresholds.store import read_policies
from milepost.features.installations.store import read_former
from milepost.features.primary_devices.store import read_primaries
from milepost.features.rows import from_row
from milepost.features.tenants.tables import tenants
from milepost.features.vehicles.tables import vehicles
from milepost.stores.postgres.arrays import is_one_of, is_one_of_texts
from milepost.stores.postgres.database import Database
from milepost.stream.conclusion import Row
from milepost.workers.auto_registration import AutoRegistration
from milepost.workers.checkpoints import Checkpoint, holds_for_all
from milepost.workers.conclusion_tables import ConclusionTable, conclusion_tables
from milepost.workers.derived_rows import FlushRows
from milepost.workers.identities import Identities
from milepost.workers.quarantine_store import QuarantineStore, release
from milepost.workers.unit import NO_VEHICLE, Installation, Known, UnitKey
from milepost.workers.unit_reading import read_units

# Between portions of a flush the event loop takes care of others.
ROWS_AT_ONCE = 500


class ProcessorStore:
    """The processor's own view of the database: all tenants, only the tables it needs."""

    def __init__(
        self,
        database: Database,
        auto_registration: AutoRegistration | None,
        new_id: Callable[[], UUID],
    ) -> None:
        self._database = database
        self._conclusions = tuple(conclusion_tables(all_tables()))
        self.identities = Identities(database, auto_registration, new_id)
        self.quarantine = QuarantineStore(database)

    @property
    def database(self) -> Database:
        """Where it reads and writes."""
        return self._database

    async def find_installations(
        self, unique_ids: Sequence[str]
    ) -> dict[str, tuple[Installation, bytes | None]]:
        """Proven devices with vehicle, driver, thresholds and checkpoint, by their names."""
        async with self._database.ingest_transaction() as connection:
            rows = await connection.execute(
                installation_query().where(
                    is_one_of_texts(devices.c.unique_id, unique_ids),
                    devices.c.proven_time.is_not(None),
                )
            )
            found = await to_installations(connection, rows.mappings().all())
            states = await connection.execute(
                select(
                    device_states.c.device_id, device_states.c.vehicle_id, device_states.c.state
                ).where(is_one_of(device_states.c.device_id, [each.device.id for each in found]))
            )
            state_of = {(row.device_id, row.vehicle_id): row.state for row in states}
        return {each.device.unique_id: (each, state_of.get(each.key)) for each in found}

    async def find_units(self, wanted: Sequence[tuple[UnitKey, UUID]]) -> dict[UnitKey, Known]:
        """Units by device and vehicle, each with its tenant, whatever has become of those since.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        async with self._database.ingest_transaction() as connection:
            found = await read_units(connection, wanted)
        return {key: Known(*each) for key, each in found.items()}

    async def vehicle_fleets(
        self, vehicle_id: UUID | None = None
    ) -> dict[UUID, tuple[UUID, UUID | None]]:
        """Tenant and fleet of every vehicle, or of one, by its id."""
        query = select(vehicles.c.id, vehicles.c.tenant_id, vehicles.c.fleet_id)
        if vehicle_id is not None:
            query = query.where(vehicles.c.id == vehicle_id)
        async with self._database.ingest_transaction() as connection:
            rows = await connection.execute(query)
            return {row.id: (row.tenant_id, row.fleet_id) for row in rows}

    async def load_anchor(self, key: UnitKey, before_ms: int) -> bytes | None:
        """The newest anchor that has seen only fixes before `before_ms`."""
        async with self._database.ingest_transaction() as connection:
            query = (
                select(device_anchors.c.state)
                .where(
                    device_anchors.c.device_id == key[0],
                    device_anchors.c.vehicle_id == key[1],
                    device_anchors.c.fix_time_ms < before_ms,
                )
                .order_by(device_anchors.c.fix_time_ms.desc())
                .limit(1)
            )
            state: bytes | None = await connection.scalar(query)
            return state

    async def load_checkpoint(self) -> Checkpoint:
        """How far all shards had come."""
        return holds_for_all(await self.load_checkpoints())

    async def load_checkpoints(self) -> list[Checkpoint]:
        """How far each shard had come, of every number of shards that there was."""
        table = processor_checkpoint
        query = select(table.c.received_time_ms, table.c.version, table.c.name)
        async with self._database.ingest_transaction() as connection:
            rows = await connection.execute(query)
            return [Checkpoint(*row) for row in rows]

    async def prune_unknown(self, kept: int) -> int:
        """Keep the devices that called last; how many went.

        Anybody can call by any name, and each takes a row.
        """
        seen = unknown_devices.c.last_seen_time
        last_too_many = select(seen).order_by(seen.desc()).offset(kept).limit(1).scalar_subquery()
        async with self._database.ingest_transaction() as connection:
            gone = await connection.execute(delete(unknown_devices).where(seen <= last_too_many))
            return gone.rowcount

    async def prune_anchors(self, before_hour: int) -> int:
        """Keep one anchor a day, its first, of the hours before; how many went.

        Anchors only save work: a refold that finds none nearby begins further back.
        """
        identity = (
            device_anchors.c.device_id,
            device_anchors.c.vehicle_id,
            device_anchors.c.hour,
        )
        day = device_anchors.c.hour // literal_column("24", Integer)
        place = func.row_number().over(partition_by=(*identity[:2], day), order_by=identity[2])
        placed = select(*identity, place.label("place"))
        of_old = placed.where(device_anchors.c.hour < before_hour).subquery()
        later = select(of_old.c.device_id, of_old.c.vehicle_id, of_old.c.hour).where(
            of_old.c.place > 1
        )
        async with self._database.ingest_transaction() as connection:
            gone = await connection.execute(
                delete(device_anchors).where(tuple_(*identity).in_(later))
            )
            return gone.rowcount

    async def write(self, rows: FlushRows) -> None:
        """One flush, all or nothing."""
        async with self._database.ingest_transaction() as connection:
            await _write_all(connection, rows, self._conclusions)


async def _write_all(
    connection: AsyncConnection, rows: FlushRows, tables: Sequence[ConclusionTable]
) -> None:
    for key, after_ms, keep in rows.replaced:
        for table in tables:
            await connection.execute(table.delete_others(key, after_ms, keep))
        await connection.execute(_delete_anchors(key, after_ms))
    for table in tables:
        await _execute_many(connection, table.upsert, rows.conclusions[table.name])
    await _execute_many(connection, _STATE_UPSERT, rows.states)
    await _execute_many(connection, _ANCHOR_UPSERT, rows.anchors)
    await _execute_many(connection, _SEEN_UPDATE, rows.seen)
    await release(connection, rows.released)
    checkpoint = insert(processor_checkpoint).values(
        name=rows.checkpoint.name,
        received_time_ms=rows.checkpoint.watermark_ms,
        version=rows.checkpoint.version,
        updated_at=rows.now,
    )
    await connection.execute(
        checkpoint.on_conflict_do_update(
            index_elements=["name"],
            set_={
                "received_time_ms": checkpoint.excluded.received_time_ms,
                "version": checkpoint.excluded.version,
                "updated_at": checkpoint.excluded.updated_at,
            },
        )
    )


async def _execute_many(
    connection: AsyncConnection, statement: Executable, values: Sequence[Row]
) -> None:
    for start in range(0, len(values), ROWS_AT_ONCE):
        await connection.execute(statement, values[start : start + ROWS_AT_ONCE])


def _delete_anchors(key: UnitKey, after_ms: int) -> Delete:
    """States that have seen a fix after an instant from which a unit was folded anew."""
    return delete(device_anchors).where(
        device_anchors.c.device_id == key[0],
        device_anchors.c.vehicle_id == key[1],
        device_anchors.c.fix_time_ms > after_ms,
    )


def _upsert(table: Table, keys: Sequence[str]) -> Insert:
    statement = insert(table)
    changing = [column.name for column in table.c if column.name not in keys]
    return statement.on_conflict_do_update(
        index_elements=list(keys),
        set_={name: statement.excluded[name] for name in changing},
    )


_STATE_UPSERT = _upsert(device_states, ["device_id", "vehicle_id"])
_ANCHOR_UPSERT = _upsert(device_anchors, ["device_id", "vehicle_id", "hour"])
_SEEN_UPDATE = (
    update(devices)
    .where(devices.c.id == bindparam("seen_device_id"))
    .values(
        last_seen_time=func.greatest(devices.c.last_seen_time, bindparam("seen_time")),
        last_protocol=bindparam("seen_protocol"),
    )
)


def installation_query() -> Select[Any]:
    """Devices with their vehicle's fleet and driver, and the thresholds that apply."""
    driver = (
        select(driver_assignments.c.driver_id)
        .where(
            driver_assignments.c.vehicle_id == devices.c.vehicle_id,
            driver_assignments.c.end_time.is_(None),
        )
        .limit(1)
        .scalar_subquery()
    )
    return select(
        *[devices.c[name] for name in Device.__struct_fields__],
        vehicles.c.fleet_id,
        driver.label("driver_id"),
        tenants.c.thresholds.label("tenant_thresholds"),
        vehicles.c.thresholds.label("vehicle_thresholds"),
    ).select_from(
        devices.join(tenants, tenants.c.id == devices.c.tenant_id).outerjoin(
            vehicles, vehicles.c.id == devices.c.vehicle_id
        )
    )


async def to_installations(
    connection: AsyncConnection, rows: Sequence[RowMapping]
) -> list[Installation]:
    """Rows of `installation_query`, with what held before."""
    owners = [(row["tenant_id"], row["vehicle_id"] or NO_VEHICLE) for row in rows]
    now = [(row["tenant_thresholds"], row["vehicle_thresholds"]) for row in rows]
    policies = await read_policies(connection, dict(zip(owners, now, strict=True)))
    former = await read_former(connection, [row["id"] for row in rows])
    primaries = await read_primaries(connection, [owner[1] for owner in owners])
    return [
        Installation(
            device=from_row(row, Device),
            vehicle_id=owner[1],
            fleet_id=row["fleet_id"],
            driver_id=row["driver_id"],
            policy=policies[owner].of_device(row["id"], primaries.get(owner[1], ())),
            former=former.get(row["id"], ()),
        )
        for owner, row in zip(owners, rows, strict=True)
    ]
