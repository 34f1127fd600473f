"""Who is calling: devices are looked up for all connections that wait, in one query at a time.

After a restart thousands of trackers connect within seconds. One transaction for each of them
would take a minute and starve the flushes; a few hundred fit into one.
"""

import asyncio

from milepost.errors import MilepostError, Unavailable
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.supervision import Faults
from milepost.workers.unit import Known

MOST_AT_ONCE = 500
WORKER = "look up"

Asked = dict[str, asyncio.Future["Known | None"]]


class Lookups:
    """Gathers questions while a query is under way, and asks them together."""

    def __init__(self, store: ProcessorStore, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self._waiting: Asked = {}
        self._wake = asyncio.Event()

    async def find(self, unique_id: str) -> Known | None:
        """The device that calls itself so.

        Raises:
            Unavailable: the database does not answer.
        """
        answer = self._waiting.get(unique_id)
        if answer is None:
            answer = asyncio.get_running_loop().create_future()
            self._waiting[unique_id] = answer
            self._wake.set()
        return await asyncio.shield(answer)

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            await self._wake.wait()
            asked = list(self._waiting.items())[:MOST_AT_ONCE]
            for unique_id, _ in asked:
                del self._waiting[unique_id]
            if not self._waiting:
                self._wake.clear()
            await self._answer(dict(asked))

    async def _answer(self, asked: Asked) -> None:
        """Answer all; a name that the database cannot even look for costs the others nothing."""
        try:
            found = await self._store.find_installations(list(asked))
        except MilepostError as error:
            _refuse(asked, error)
        except Exception as error:  # noqa: BLE001 - one name must not cost the others
            if len(asked) > 1:
                await self._answer_halves(asked)
                return
            self._faults.note(WORKER, error, device=next(iter(asked)))
            _refuse(asked, Unavailable("the look-up of this device", "it failed"))
        else:
            for unique_id, answer in asked.items():
                known = found.get(unique_id)
                answer.set_result(None if known is None else Known(*known))

    async def _answer_halves(self, asked: Asked) -> None:
        items = list(asked.items())
        middle = len(items) // 2
        await self._answer(dict(items[:middle]))
        await self._answer(dict(items[middle:]))


def _refuse(asked: Asked, error: MilepostError) -> None:
    for answer in asked.values():
        answer.set_exception(error)
        answer.exception()  # whoever asked may have gone; then nobody else reads it
