"""Workers go on whatever happens: a fault is logged and counted, and the work begins again."""

import asyncio
import traceback
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import CollectorRegistry, Counter

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
# A worker that has run this long has recovered: the next fault is a first one again.
HEALTHY_AFTER_S = 30.0
# The same fault is written out in full once within this time; the metric counts the rest.
WRITE_OUT_EVERY_S = 60.0
REMEMBERED_FAULTS = 1_000

Work = Callable[[], Awaitable[None]]


class Faults:
    """Exceptions that no part of a worker expected, by worker.

    Whatever a stranger's bytes can raise, a stranger can raise a thousand times a second. So a
    fault at one place in the code is logged with its traceback once a minute.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counter = Counter(
            "milepost_worker_faults",
            "Exceptions that a worker survived",
            ("worker",),
            registry=registry,
        )
        self._written_s: OrderedDict[str, float] = OrderedDict()

    def note(self, worker: str, error: BaseException, **culprit: object) -> None:
        """Count the exception and say whose it was: `device`, `vehicle`, `batch`."""
        self._counter.labels(worker).inc()
        if self._is_news(worker, error):
            log.error("worker.fault", worker=worker, exc_info=error, **culprit)

    def _is_news(self, worker: str, error: BaseException) -> bool:
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        key = f"{worker} {type(error).__name__} {place}"
        now_s = asyncio.get_running_loop().time()
        written_s = self._written_s.get(key)
        if written_s is not None and now_s - written_s < WRITE_OUT_EVERY_S:
            return False
        self._written_s[key] = now_s
        self._written_s.move_to_end(key)
        if len(self._written_s) > REMEMBERED_FAULTS:
            self._written_s.popitem(last=False)
        return True


def supervised(work: Work, name: str, faults: Faults) -> "asyncio.Task[None]":
    """A worker that is started again whenever it ends, until its task is cancelled."""
    return asyncio.create_task(_keep_going(work, name, faults), name=name)


async def _keep_going(work: Work, name: str, faults: Faults) -> None:
    loop = asyncio.get_running_loop()
    pause_s = FIRST_PAUSE_S
    while True:
        start_s = loop.time()
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - a supervisor survives everything
            faults.note(name, error)
        healthy = loop.time() - start_s > HEALTHY_AFTER_S
        pause_s = FIRST_PAUSE_S if healthy else min(2 * pause_s, LONGEST_PAUSE_S)
        await asyncio.sleep(pause_s)
