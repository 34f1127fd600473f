"""Bounded waiting: for what the server does a moment after it has answered."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

PATIENCE_S = 20.0
LOOK_EVERY_S = 0.2


async def until(condition: Callable[[], bool]) -> None:
    """Return once it holds; TimeoutError if it does not in time."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(LOOK_EVERY_S)


async def equals(read: Callable[[], Awaitable[Any]], expected: object) -> None:
    """Read until what is expected comes; then assert it, so that a failure shows both."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    found = await read()
    while found != expected and loop.time() < deadline:
        await asyncio.sleep(LOOK_EVERY_S)
        found = await read()
    assert found == expected
