"""Finding 6: 140 silent connections at the web port, and 130 polite ones that stay open."""

import asyncio
import time
from contextlib import AsyncExitStack

import httpx

from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand

SILENT = 140
KEPT = 130
ANSWER_WITHIN_S = 5.0
TAKEN_IN_S = 2.0


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=SILENT + KEPT)
    async with AsyncExitStack() as stack:
        for _ in range(SILENT):
            _, writer = await asyncio.open_connection("127.0.0.1", attacked.server.port)
            stack.callback(writer.transport.abort)
        await _answers(attacked, tried, f"beside {SILENT} silent connections")
    await asyncio.sleep(1)
    async with AsyncExitStack() as stack:
        for _ in range(KEPT):
            client = await stack.enter_async_context(httpx.AsyncClient(timeout=40))
            try:
                await client.get(f"{attacked.server.url}/healthz")
            except httpx.TransportError:
                tried.broken.append("a polite client got no answer")
                break
        await _answers(attacked, tried, f"beside {KEPT} kept connections")
    return tried


async def _answers(attacked: Stand, tried: Tried, when: str) -> None:
    # The server takes note of so many connections only after a moment.
    await asyncio.sleep(TAKEN_IN_S)
    for path in ("/healthz", "/readyz", "/api/v1/auth/me"):
        begin_s = time.monotonic()
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S) as client:
            try:
                await client.get(attacked.server.url + path)
            except httpx.TransportError:
                waited_s = time.monotonic() - begin_s
                tried.broken.append(f"{path} gave no answer in {waited_s:.0f} s {when}")


FINDING = Finding(
    number=6,
    promise="140 silent or 130 kept connections leave health checks and API at once reachable.",
    run=run,
)
