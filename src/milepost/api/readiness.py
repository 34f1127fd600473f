"""Whether every part that is needed answers; asked four times a second at most."""

import asyncio
from collections.abc import Mapping

import msgspec

from milepost.api.parts import Ping
from milepost.errors import Unavailable

# An engine that takes longer than this to say that it is there is not there.
PING_TIMEOUT_S = 5.0
_GOOD_FOR_S = 0.25


class Readiness(msgspec.Struct, frozen=True):
    """Every engine answers."""

    status: str
    engines: dict[str, str]


class ReadinessCheck:
    """Asks all parts at once. Who asks while an answer is under way waits for that one."""

    def __init__(self, pings: Mapping[str, Ping]) -> None:
        self._pings = pings
        self._asking: asyncio.Task[list[str]] | None = None
        self._asked_s = 0.0

    async def ask(self) -> Readiness:
        """Whether every part answers.

        Raises:
            Unavailable: one does not.
        """
        now_s = asyncio.get_running_loop().time()
        if self._asking is None or (self._asking.done() and now_s - self._asked_s >= _GOOD_FOR_S):
            self._asked_s = now_s
            self._asking = asyncio.create_task(self._silent())
        silent = await asyncio.shield(self._asking)
        if silent:
            raise Unavailable("the server", "; ".join(silent))
        return Readiness("ok", dict.fromkeys(self._pings, "ok"))

    async def _silent(self) -> list[str]:
        answers = await asyncio.gather(*(_ping(ping) for ping in self._pings.values()))
        return [answer for answer in answers if answer is not None]


async def _ping(ping: Ping) -> str | None:
    try:
        async with asyncio.timeout(PING_TIMEOUT_S):
            await ping()
    except Unavailable as error:
        return str(error)
    except TimeoutError:
        return f"no answer within {PING_TIMEOUT_S:.0f} s"
    return None
