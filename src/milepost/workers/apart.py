"""Writes what can be written of a batch of which something cannot."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TypeVar

from milepost.errors import Unavailable

Item = TypeVar("Item")

# The engine refused so many owners, each alone, and took nothing: it refuses everybody.
OWNERS_THAT_PROVE = 2


async def write_apart(
    items: Sequence[Item],
    write: Callable[[Sequence[Item]], Awaitable[None]],
    owner: Callable[[Item], Hashable],
) -> list[tuple[Item, Exception]]:
    """Write all items but those that fail alone; those, each with its error.

    A batch that fails is halved until what fails stands alone, which takes about
    2·log2(n) writes for one bad item. If the engine refuses items of two owners alone (with
    `Unavailable`) before it took anything, the fault is not theirs: everything that is left fails
    with the same error, unwritten.
    """
    left = [items]
    failed: list[tuple[Item, Exception]] = []
    anything_written = False
    while left:
        part = left.pop()
        try:
            await write(part)
            anything_written = True
        except Exception as error:  # noqa: BLE001 - whatever it is, it is handed to the item's owner
            if len(part) > 1:
                middle = len(part) // 2
                left += [part[middle:], part[:middle]]
                continue
            failed.append((part[0], error))
            owners = {owner(item) for item, why in failed if isinstance(why, Unavailable)}
            if not anything_written and len(owners) >= OWNERS_THAT_PROVE:
                return failed + [(item, error) for rest in left for item in rest]
    return failed
