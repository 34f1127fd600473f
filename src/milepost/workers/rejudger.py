"""Judges again what was taken to be from the future while the server's clock was wrong."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

import structlog

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.errors import MilepostError
from milepost.stores.positions_arrow import RowContext
from milepost.stores.rejected_positions import RejectedPositions, RejectedReport, Wrongly
from milepost.workers.ingest import REJECTED_FUTURE
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.readmission import Readmission
from milepost.workers.server_clock import ServerClock
from milepost.workers.unit import UnitKey

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0


class Rejudger:
    """Looks at the clock; once it is put right, takes in what it had been wrong about.

    After a start nobody sees a step. So what came while the clock was certainly behind is marked
    `unclocked` instead of `future`, and judged by the first clock that is not.
    """

    def __init__(
        self,
        clock: ServerClock,
        rejected: RejectedPositions,
        readmission: Readmission,
        store: ProcessorStore,
    ) -> None:
        self._clock = clock
        self._rejected = rejected
        self._readmission = readmission
        self._store = store
        self._since_ms = readmission.floor_ms
        self._is_due = True
        self._wrongly = Wrongly(0, 0, 0)

    async def run(self) -> None:
        """Look until cancelled; an engine that is away is asked again."""
        while True:
            step_ms = self._clock.take_step_ms()
            if step_ms:
                log.warning("clock.stepped", step_s=step_ms / 1000)
                self._note_step(step_ms)
            if self._is_due and not self._clock.is_behind:
                try:
                    await self.judge()
                except MilepostError as error:
                    log.warning("clock.not_judged_again", error=str(error))
            await asyncio.sleep(LOOK_EVERY_S)

    def _note_step(self, step_ms: int) -> None:
        until_ms = self._readmission.floor_ms
        if step_ms > 0:
            self._wrongly = Wrongly(self._since_ms, until_ms, step_ms)
            self._is_due = True
        self._since_ms = until_ms

    async def judge(self) -> int:
        """Take in what was refused wrongly; how many reports that were.

        Raises:
            Unavailable: an engine does not answer; nothing that was taken in is lost.
        """
        taken = 0
        await self._readmission.catch_up()
        async for page in self._rejected.pages(self._wrongly):
            taken += await self._take(page)
        self._is_due, self._wrongly = False, Wrongly(0, 0, 0)
        if taken:
            log.info("clock.judged_again", positions=taken)
        return taken

    async def _take(self, page: Sequence[RejectedReport]) -> int:
        owners = {(report.key, report.tenant_id) for report in page}
        known = await self._store.find_units(sorted(owners, key=repr))
        thresholds = {key: each.installation.thresholds for key, each in known.items()}
        believed = [each for each in page if self._is_believed(each, thresholds)]
        gathered: dict[RowContext, list[Position]] = defaultdict(list)
        received_ms = self._readmission.received_ms
        for report in believed:
            gathered[report.context(received_ms)].append(report.position)
        for context, positions in gathered.items():
            self._readmission.take(context, positions, self._note_taken)
        await self._readmission.settle()
        return len(believed)

    def _is_believed(
        self, report: RejectedReport, thresholds: Mapping[UnitKey, Thresholds]
    ) -> bool:
        future_max_ms = thresholds.get(report.key, Thresholds()).future_max_s * 1000
        received_ms = self._clock.now_ms()
        if report.rejected == REJECTED_FUTURE:
            received_ms = report.received_time_ms + self._wrongly.step_ms
        return report.position.fix_time_ms <= received_ms + future_max_ms

    def _note_taken(self, error: Exception | None) -> None:
        if error is not None:
            self._is_due = True
