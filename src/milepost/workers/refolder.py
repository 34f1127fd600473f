"""Late data: fold a device's stored positions again from the last anchor before them."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import structlog

from milepost.domain.policy import Policy
from milepost.domain.position import Position
from milepost.errors import InvalidInput, MilepostError, Unavailable
from milepost.live.hub import Hub
from milepost.stores.telemetry import Telemetry
from milepost.stream.fold import Fold
from milepost.stream.ordering import in_order
from milepost.stream.pipeline import DeviceState, decode_state, initial_state
from milepost.workers.blocks import Blocks
from milepost.workers.folding_turn import FoldingTurn
from milepost.workers.live_updates import tell_state
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.supervision import Faults
from milepost.workers.unit import Stale, Unit, UnitKey
from milepost.workers.units import Units

log = structlog.get_logger(__name__)

WORKER = "refold"
# Folding goes on in slices this long, so that live packets of other devices get their turn.
SLICE_POSITIONS = 100
PAGE_POSITIONS = 2_000
FOLDINGS_AT_ONCE = 4
# A device that sends late data again and again waits this many times as long as its last folding
# took; what comes meanwhile is folded in together.
GATHERING_PER_FOLDING = 10.0
LONGEST_GATHERING_S = 300.0
RETRY_AFTER_S = 2.0
AGAIN_AFTER_S = 0.2
LONGEST_RETRY_S = 600.0


class Refolder:
    """Works through units with late positions, a few at a time, beside the live stream."""

    def __init__(
        self,
        units: Units,
        store: ProcessorStore,
        telemetry: Telemetry,
        blocks: Blocks,
        hub: Hub,
        faults: Faults,
        turn: FoldingTurn,
    ) -> None:
        self._units = units
        self._store = store
        self._telemetry = telemetry
        self._blocks = blocks
        self._hub = hub
        self._faults = faults
        self._turn = turn
        self._not_before_s: dict[UnitKey, float] = {}
        self._failures: dict[UnitKey, int] = {}
        self._gathering: set[asyncio.TimerHandle] = set()

    async def run(self) -> None:
        """Refold what is queued until cancelled; several of these share the queue."""
        refolds = self._units.refolds
        while True:
            unit = await refolds.get()
            if self._postpone(unit):
                continue
            try:
                await self._attempt(unit)
            finally:
                refolds.task_done()

    async def idle(self) -> None:
        """Wait until every queued unit has been folded again."""
        await self._units.refolds.join()

    def close(self) -> None:
        """Forget the units that still gather; the next start finds their positions."""
        for handle in self._gathering:
            handle.cancel()

    def _postpone(self, unit: Unit) -> bool:
        """Whether the unit's turn comes later; it stays queued until then."""
        loop = asyncio.get_running_loop()
        due_s = self._not_before_s.pop(unit.installation.key, 0.0)
        if unit.refolding is not None:
            # Two foldings of one unit would each throw away what the other has seen.
            due_s = max(due_s, loop.time() + AGAIN_AFTER_S)
        if due_s <= loop.time():
            return False

        def queue_again() -> None:
            self._gathering.discard(handle)
            self._units.refolds.put_nowait(unit)
            self._units.refolds.task_done()

        handle = loop.call_at(due_s, queue_again)
        self._gathering.add(handle)
        return True

    async def _attempt(self, unit: Unit) -> None:
        """Refold one unit; a failure is retried, never dropped, and holds up nobody else.

        What is not the engines' fault puts the unit into quarantine, which retries it less often.
        """
        key = unit.installation.key
        start_s = asyncio.get_running_loop().time()
        self._units.begin_refold(unit)
        try:
            await self.refold(unit)
        except Exception as error:  # noqa: BLE001 - one device must not cost the others
            device = unit.installation.device.unique_id
            if isinstance(error, MilepostError):
                log.warning("refold.failed", device=device, error=str(error))
            else:
                self._faults.note(WORKER, error, device=device)
            if isinstance(error, Unavailable):
                self._retry(unit)
            else:
                self._units.set_aside(unit, error)
            return
        self._failures.pop(key, None)
        now_s = asyncio.get_running_loop().time()
        gathering_s = min((now_s - start_s) * GATHERING_PER_FOLDING, LONGEST_GATHERING_S)
        self._not_before_s[key] = now_s + gathering_s

    def _retry(self, unit: Unit) -> None:
        key = unit.installation.key
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        pause_s = min(RETRY_AFTER_S * 2.0 ** (failures - 1), LONGEST_RETRY_S)
        self._not_before_s[key] = asyncio.get_running_loop().time() + pause_s
        self._units.request_refold(unit)

    async def refold(self, unit: Unit) -> None:
        """Bring one unit to the state that its stored positions give in fix order."""
        if unit.stale is None or unit.evicted:
            return
        unit.refolding, unit.stale = unit.stale, None
        unit.tail = []
        try:
            await self._blocks.catch_up()
            anchor = await self._anchor(unit, unit.refolding.fix_time_ms)
            folding = Folding(anchor, unit.installation.policy)
            await self._fold_stored(unit, folding)
            await self._fold_tail(unit.tail, folding)
        except BaseException:
            unit.mark_stale(unit.refolding.fix_time_ms, unit.refolding.received_time_ms)
            unit.refolding = unit.tail = None
            raise
        if not unit.evicted:
            self._finish(unit, folding)

    async def _anchor(self, unit: Unit, before_ms: int) -> DeviceState:
        """The newest state that holds and has seen only positions before `before_ms`."""
        states = [
            anchor.state
            for anchor in unit.unstored_anchors()
            if anchor.state.last_fix_time_ms < before_ms
        ]
        until_ms = unit.stored_anchors_hold_until_ms()
        stored_before_ms = before_ms if until_ms is None else min(before_ms, until_ms + 1)
        data = await self._store.load_anchor(unit.installation.key, stored_before_ms)
        if data is not None:
            states += _readable(data)
        return max(states, key=lambda state: state.last_fix_time_ms, default=initial_state())

    async def _fold_stored(self, unit: Unit, folding: "Folding") -> None:
        """Fold page by page: neither memory nor a pause grows with the length of the history."""
        tenant_id = unit.installation.device.tenant_id
        from_ms, limit = folding.since_ms, PAGE_POSITIONS
        while True:
            rows = await self._telemetry.device_positions(
                *unit.installation.key, from_ms, limit, tenant_id=tenant_id
            )
            last_ms = rows[-1].fix_time_ms if len(rows) == limit else None
            # Reports of one instant are put in order together, so none of them is cut off.
            complete = rows if last_ms is None else [r for r in rows if r.fix_time_ms < last_ms]
            folding.note_read(complete)
            await self._fold(folding, folding.following(complete))
            if last_ms is None:
                return
            limit = PAGE_POSITIONS if complete else 2 * limit
            from_ms = last_ms

    async def _fold_tail(self, tail: list[Position], folding: "Folding") -> None:
        """Fold what arrived meanwhile, until so little is left that nobody waits for it."""
        while len(tail) > SLICE_POSITIONS:
            newest = tail.copy()
            tail.clear()
            await self._fold(folding, folding.following(newest))

    async def _fold(self, folding: "Folding", positions: list[Position]) -> None:
        for start in range(0, len(positions), SLICE_POSITIONS):
            async with self._turn.taken():
                folding.fold.run(positions[start : start + SLICE_POSITIONS])

    def _finish(self, unit: Unit, folding: "Folding") -> None:
        """Without a pause: take in what arrived last and put the new history in place."""
        folding.fold.run(folding.following(unit.tail or ()))
        refolded, unit.refolding, unit.tail = unit.refolding, None, None
        if folding.missed and refolded is not None:
            earliest_ms = min(position.fix_time_ms for position in folding.missed)
            self._units.fold_again(unit, Stale(earliest_ms, refolded.received_time_ms))
        unit.awaits_rebuild = False
        unit.state = folding.fold.state
        unit.replace_after(folding.since_ms)
        unit.conclude(folding.fold.concluded, late=True)
        unit.pending.anchors |= folding.fold.anchors
        self._units.mark_dirty(unit)
        if not unit.leaving:
            tell_state(self._hub, unit.installation, unit.state, None)


def _readable(data: bytes) -> list[DeviceState]:
    """The stored state, if it fits this version; without it the folding begins further back."""
    try:
        return [decode_state(data)]
    except InvalidInput:
        return []


class Folding:
    """A unit that is folded anew: what it has read, and where the fold stands.

    `missed`: positions that belong before its place and that it has not read. They came while it
    went on, and the unit took them for the newest, because its own state was further back.
    """

    def __init__(self, anchor: DeviceState, policy: Policy) -> None:
        self.since_ms = anchor.last_fix_time_ms
        self.missed: list[Position] = []
        self.fold = Fold(anchor, policy)
        self._read: defaultdict[int, list[Position]] = defaultdict(list)

    def note_read(self, page: Sequence[Position]) -> None:
        """Remember the newest page: what comes meanwhile may stand in it, or come again."""
        if page:
            self._read = defaultdict(list)
        for position in page:
            self._read[position.fix_time_ms].append(position)

    def following(self, positions: Sequence[Position]) -> list[Position]:
        """Those that go on from here, in order."""
        following, late = in_order(self.fold.state.last_fix_time_ms, positions)
        self.missed += [each for each in late if each not in self._read.get(each.fix_time_ms, ())]
        for position in following:
            self._read[position.fix_time_ms].append(position)
        return following
