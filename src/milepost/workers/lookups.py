"""Who is calling: devices are looked up for all connections that wait, in one query at a time.

After a restart thousands of trackers connect within seconds. One transaction for each of them
would take a minute and starve the flushes; a few hundred fit into one.
"""

import asyncio

import msgspec

from milepost.errors import MilepostError
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.unit import Installation

MOST_AT_ONCE = 500


class Known(msgspec.Struct, frozen=True):
    """A registered device, and the checkpointed state of its stream if there is one."""

    installation: Installation
    state: bytes | None


class Lookups:
    """Gathers questions while a query is under way, and asks them together."""

    def __init__(self, store: ProcessorStore) -> None:
        self._store = store
        self._waiting: dict[str, asyncio.Future[Known | None]] = {}
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

    async def _answer(self, asked: "dict[str, asyncio.Future[Known | None]]") -> None:
        try:
            found = await self._store.find_installations(list(asked))
        except MilepostError as error:
            for answer in asked.values():
                answer.set_exception(error)
                answer.exception()  # whoever asked may have gone; then nobody else reads it
            return
        for unique_id, answer in asked.items():
            known = found.get(unique_id)
            answer.set_result(None if known is None else Known(*known))
