"""Conclusions of the stream as rows of the tables that keep them."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from milepost.features.assignments.journeys import driver_parameters
from milepost.stores.derived_arrow import LastState
from milepost.stream.conclusion import Occasion, Row
from milepost.stream.kinds import kind_of
from milepost.stream.pipeline import DeviceState, encode_state
from milepost.workers.checkpoints import Checkpoint
from milepost.workers.live_updates import vehicle_state
from milepost.workers.unit import NO_VEHICLE, Pending, Unit, UnitKey, output_id


class FlushRows:
    """Everything that one flush writes: what ClickHouse keeps first, the rest in one transaction.

    `conclusions` are rows by the name of their table. `replaced` lists units whose conclusions
    after a fix time were drawn anew: what is stored of those and not among the ids goes. `released`
    leave the quarantine with it.
    """

    def __init__(self, checkpoint: Checkpoint, now: datetime) -> None:
        self.checkpoint = checkpoint
        self.now = now
        self.conclusions: defaultdict[str, list[Row]] = defaultdict(list)
        self.last_states: list[LastState] = []
        self.replaced: list[tuple[UnitKey, int, list[UUID]]] = []
        self.released: list[UnitKey] = []
        self.states: list[Row] = []
        self.anchors: list[Row] = []
        self.seen: list[Row] = []


def add_unit(rows: FlushRows, unit: Unit, state: DeviceState, pending: Pending) -> None:
    """Add one unit's checkpoint and conclusions.

    It reads the unit and changes nothing of it: a long one is added in a thread.
    """
    latest = last_state(unit, state)
    if latest is not None:
        rows.last_states.append(latest)
    _add_checkpoint(rows, unit, state, pending)
    _add_conclusions(rows, unit, pending)


def _add_checkpoint(rows: FlushRows, unit: Unit, state: DeviceState, pending: Pending) -> None:
    device_id, vehicle_id = unit.installation.key
    owner: Row = {
        "tenant_id": unit.installation.device.tenant_id,
        "device_id": device_id,
        "vehicle_id": vehicle_id,
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
        {"seen_device_id": device_id, "seen_time": rows.now, "seen_protocol": unit.protocol}
    )


def _add_conclusions(rows: FlushRows, unit: Unit, pending: Pending) -> None:
    tenant_id, key = unit.installation.device.tenant_id, unit.installation.key
    owners = {"deletion": _entity_owner(tenant_id, key), "version": _version_owner(tenant_id, key)}
    ids: list[UUID] = []
    for output_key, derived in pending.derived.items():
        kind = kind_of(derived.output)
        row = owners[kind.replacement] | kind.row(derived.output, Occasion(rows.now, derived.late))
        if kind.replacement == "deletion":
            ids.append(output_id(key, output_key))
            row |= {"id": ids[-1], "decided_fix_time_ms": derived.decided_fix_time_ms}
            row |= driver_parameters(kind, row)
        rows.conclusions[kind.table].append(row)
    if pending.replace_after_ms is not None:
        rows.replaced.append((key, pending.replace_after_ms, ids))


def _entity_owner(tenant_id: UUID, key: UnitKey) -> Row:
    vehicle_id = None if key[1] == NO_VEHICLE else key[1]
    return {"tenant_id": tenant_id, "device_id": key[0], "vehicle_id": vehicle_id}


def _version_owner(tenant_id: UUID, key: UnitKey) -> Row:
    return {
        "tenant_id": tenant_id.bytes,
        "vehicle_id": key[1].bytes,
        "device_id": key[0].bytes,
    }


def last_state(unit: Unit, state: DeviceState) -> LastState | None:
    """The vehicle's last state; None for a device in no vehicle, without a fix, or uncounted."""
    installation = unit.installation
    newest = vehicle_state(installation, state, unit.received_ms)
    if newest is None or not installation.policy.counts_at(newest.fix_time_ms):
        return None
    return LastState(installation.device.tenant_id, installation.device.id, newest)
