"""Long lists, made a slice at a time, so that the event loop serves others in between."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
V = TypeVar("V")

_SLICE = 50


async def in_slices(items: Iterable[T], make: Callable[[T], V]) -> list[V]:
    """What is made of each item; after every 50 the event loop comes round."""
    made: list[V] = []
    for item in items:
        if made and len(made) % _SLICE == 0:
            await asyncio.sleep(0)
        made.append(make(item))
    return made


def chunks(items: Sequence[T], length: int) -> Iterator[Sequence[T]]:
    """The items in pieces of at most this length."""
    for start in range(0, len(items), length):
        yield items[start : start + length]
