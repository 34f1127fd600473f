"""Late data: fold a device's stored positions again from the last anchor before them."""

import asyncio
from collections.abc import Sequence

import structlog

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.errors import MilepostError
from milepost.live.hub import Hub
from milepost.stores.telemetry import Telemetry
from milepost.stream.contract import Output
from milepost.stream.ordering import in_order
from milepost.stream.pipeline import DeviceState, advance, decode_state, initial_state
from milepost.workers.committer import Committer
from milepost.workers.live_updates import tell_state
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.unit import HOUR_MS, Anchor, Unit, hour_runs
from milepost.workers.units import Units

log = structlog.get_logger(__name__)

# Folding goes on in slices this long, so that live packets of other devices get their turn.
SLICE_POSITIONS = 200
RETRY_AFTER_S = 2.0


class Refolder:
    """Works through units with late positions, one at a time, beside the live stream."""

    def __init__(
        self,
        units: Units,
        store: ProcessorStore,
        telemetry: Telemetry,
        committer: Committer,
        hub: Hub,
    ) -> None:
        self._units = units
        self._store = store
        self._telemetry = telemetry
        self._committer = committer
        self._hub = hub

    async def run(self) -> None:
        """Refold what is queued until cancelled; a failure is retried, never dropped."""
        while True:
            unit = await self._units.refolds.get()
            self._units.begin_refold(unit)
            try:
                await self.refold(unit)
            except MilepostError as error:
                log.warning(
                    "refold.failed",
                    device=unit.installation.device.unique_id,
                    error=str(error),
                )
                await asyncio.sleep(RETRY_AFTER_S)
                self._units.request_refold(unit)
            finally:
                self._units.refolds.task_done()

    async def idle(self) -> None:
        """Wait until every queued unit has been folded again."""
        await self._units.refolds.join()

    async def refold(self, unit: Unit) -> None:
        """Bring one unit to the state that its stored positions give in fix order."""
        if unit.stale is None or unit.evicted:
            return
        unit.refolding, unit.stale = unit.stale, None
        unit.tail = []
        try:
            await self._committer.barrier()
            anchor = await self._anchor(unit, unit.refolding.fix_time_ms)
            folding = await self._fold_stored(unit, anchor)
        except MilepostError:
            unit.mark_stale(unit.refolding.fix_time_ms, unit.refolding.received_time_ms)
            unit.refolding = unit.tail = None
            raise
        if not unit.evicted:
            self._finish(unit, folding)

    async def _anchor(self, unit: Unit, before_ms: int) -> DeviceState:
        """The newest state that has seen only positions before `before_ms`."""
        states = [
            anchor.state
            for anchor in unit.pending.anchors.values()
            if anchor.state.last_fix_time_ms < before_ms
        ]
        data = await self._store.load_anchor(unit.installation.key, before_ms)
        if data is not None:
            states.append(decode_state(data))
        return max(states, key=lambda state: state.last_fix_time_ms, default=initial_state())

    async def _fold_stored(self, unit: Unit, anchor: DeviceState) -> "Folding":
        since_ms = anchor.last_fix_time_ms
        tenant_id = unit.installation.device.tenant_id
        rows = await self._telemetry.device_positions(
            *unit.installation.key, since_ms, tenant_id=tenant_id
        )
        positions, _ = in_order(since_ms, rows)
        folding = Folding(anchor, unit.installation.thresholds)
        for start in range(0, len(positions), SLICE_POSITIONS):
            folding.fold(positions[start : start + SLICE_POSITIONS])
            await asyncio.sleep(0)
        return folding

    def _finish(self, unit: Unit, folding: "Folding") -> None:
        """Without a pause: take in what arrived meanwhile and put the new history in place."""
        newest, _ = in_order(folding.state.last_fix_time_ms, unit.tail or ())
        folding.fold(newest)
        unit.refolding = unit.tail = None
        unit.state = folding.state
        unit.replace_after(folding.since_ms)
        for outputs, decided_ms in folding.outputs:
            unit.conclude(outputs, decided_ms, late=True)
        unit.pending.anchors |= folding.anchors
        self._units.mark_dirty(unit)
        tell_state(self._hub, unit.installation, unit.state, None)


class Folding:
    """A fold in progress: its state, what it concluded, and the anchors it passed."""

    def __init__(self, anchor: DeviceState, thresholds: Thresholds) -> None:
        self.since_ms = anchor.last_fix_time_ms
        self.state = anchor
        self.outputs: list[tuple[Sequence[Output], int]] = []
        self.anchors: dict[int, Anchor] = {}
        self._thresholds = thresholds

    def fold(self, positions: list[Position]) -> None:
        """Advance over positions in order, noting an anchor where an hour of fix time begins."""
        for hour, run in hour_runs(positions):
            if hour != self.state.last_fix_time_ms // HOUR_MS:
                self.anchors[hour] = Anchor(hour, self.state)
            self.state, outputs = advance(self.state, run, self._thresholds)
            if outputs:
                self.outputs.append((outputs, run[-1].fix_time_ms))
