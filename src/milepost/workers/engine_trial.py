"""Tells a flush that fails for what is in it from one whose engine takes nothing at all."""

from milepost.domain.vehicle_state import VehicleState
from milepost.stores.derived_arrow import LastState
from milepost.stores.telemetry import NO_ID, Telemetry
from milepost.workers.derived_rows import FlushRows
from milepost.workers.processor_store import ProcessorStore

# What engines say when they are full, busy or cut off: a little row may pass all the same.
_ENGINE_TROUBLE = (
    "NOT_ENOUGH_SPACE",
    "No space left on device",
    "MEMORY_LIMIT_EXCEEDED",
    "TIMEOUT_EXCEEDED",
    "TABLE_IS_READ_ONLY",
    "NETWORK_ERROR",
    "SOCKET_TIMEOUT",
    "all connections are busy",
)

# Nobody's vehicle: no tenant has the nil id, and each trial replaces the row of the last.
_NOBODYS_STATE = LastState(NO_ID, NO_ID, VehicleState(NO_ID, None, "stopped", 0, 0))


async def try_engines(
    telemetry: Telemetry, store: ProcessorStore, rows: FlushRows, error: Exception
) -> None:
    """Write harmless rows the way a flush does; return if both engines took them.

    Args:
        telemetry: ClickHouse.
        store: PostgreSQL.
        rows: a flush of no unit, with the checkpoint that holds already.
        error: what a flush has failed with.

    Raises:
        Unavailable: an engine does not take them.
        Exception: `error`, if it speaks of an engine in trouble.
    """
    if speaks_of_trouble(error):
        raise error
    await telemetry.insert_last_states([_NOBODYS_STATE], rows.checkpoint.version)
    await store.write(rows)


def speaks_of_trouble(error: Exception) -> bool:
    """Whether an engine says that it cannot work, which is no fault of what it was given."""
    return any(mark in str(error) for mark in _ENGINE_TROUBLE)
