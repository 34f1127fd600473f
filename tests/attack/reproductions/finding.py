"""A finding's reproduction: what must hold, and how it is tried."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import msgspec

from tests.attack.part import Plan, Row
from tests.attack.stand import Stand, stand

# A worker that ends takes the process along within some seconds.
ENDS_WITHIN_S = 8.0


class Tried(msgspec.Struct, kw_only=True):
    """What a reproduction found."""

    tries: int = 1
    acknowledged: int = 0
    lost: int = 0
    differences: int = 0
    broken: list[str] = []
    note: str = ""
    skipped: str = ""

    def unless(self, holds: object, words: str) -> None:
        """Note what is broken, unless it holds."""
        if not holds:
            self.broken.append(words)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The constant `FINDING` of each module here.

    `run` gets a fresh server; restarts that it causes itself are `own_restarts`.
    """

    number: int
    promise: str
    run: Callable[[Stand, Plan], Awaitable[Tried]]
    own_restarts: int = 0
    auto_register: str = ""

    def title(self, name: str) -> str:
        return f"{self.number} {name.replace('_', ' ')}"

    async def tried(self, name: str, plan: Plan) -> Row:
        async with stand(plan, auto_register=self.auto_register) as attacked:
            try:
                tried = await self.run(attacked, plan)
            except Exception as error:  # noqa: BLE001 - it is what the attack has done
                words = f"{type(error).__name__}: {str(error)[:300]}"
                tried = Tried(broken=[f"the attack could not go on: {words}"])
                attacked.look()
            restarts = max(0, attacked.restarts - self.own_restarts)
        return Row(
            name=self.title(name),
            promise=self.promise,
            tries=tried.tries,
            acknowledged=tried.acknowledged,
            restarts=restarts,
            lost=tried.lost,
            differences=tried.differences,
            broken=tuple(tried.broken[:6]),
            note=tried.note,
            skipped=tried.skipped,
        )


async def still_serves(attacked: Stand, tried: Tried) -> None:
    """The same process answers, some seconds later."""
    serving = len(attacked.serving)
    await asyncio.sleep(ENDS_WITHIN_S)
    attacked.look()
    tried.unless(len(attacked.serving) == serving == 1, "the server ended")
    status = await attacked.server.readiness()
    tried.unless(status == httpx.codes.OK, f"/readyz answers {status or 'nothing'}")


async def conversation(port: int, *inputs: bytes, wait_s: float = 1.0) -> bytes:
    """Say something over TCP; what was answered until nothing came for a while."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        for each in inputs:
            writer.write(each)
            try:
                async with asyncio.timeout(wait_s):
                    answer += await reader.read(4096)
            except TimeoutError:
                continue
    except OSError:
        pass
    finally:
        writer.close()
    return answer
