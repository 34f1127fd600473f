"""How far shards have come: names of their checkpoints, and what holds for all of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

# The checkpoint of the only shard; of several they are called `processor 0/3` and so on.
ONLY_SHARD = "processor"


class Checkpoint(msgspec.Struct, frozen=True):
    """How far a shard has come; (0, 0) at the beginning.

    Everything received before `watermark_ms` is in the device states. `version` is that of the
    newest totals and last states.
    """

    watermark_ms: int
    version: int
    name: str = ONLY_SHARD


def checkpoint_name(number: int, count: int) -> str:
    """The name of the checkpoint of one of `count` shards."""
    return ONLY_SHARD if count == 1 else f"{ONLY_SHARD} {number}/{count}"


def holds_for_all(checkpoints: Iterable[Checkpoint]) -> Checkpoint:
    """What every device has reached, whichever number of shards there was at what time.

    Each number of shards that ever ran has left its checkpoints, if it came to write all of them.
    The least of each number held when it was written, and holds ever since.
    """
    by_count: defaultdict[int, list[Checkpoint]] = defaultdict(list)
    version = 0
    for each in checkpoints:
        by_count[_count(each.name)].append(each)
        version = max(version, each.version)
    watermarks_ms = [_least_ms(found) for count, found in by_count.items() if len(found) == count]
    return Checkpoint(max(watermarks_ms, default=0), version)


def _least_ms(checkpoints: Sequence[Checkpoint]) -> int:
    return min(each.watermark_ms for each in checkpoints)


def _count(name: str) -> int:
    return 1 if name == ONLY_SHARD else int(name.rpartition("/")[2])
