"""Which checkpoint holds after a start with another number of shards."""

import pytest

from milepost.workers.checkpoints import Checkpoint, checkpoint_name, holds_for_all

ONE = Checkpoint(1_000, 7, "processor")


def three(*watermarks_ms: int) -> list[Checkpoint]:
    return [
        Checkpoint(watermark_ms, 10 + number, f"processor {number}/3")
        for number, watermark_ms in enumerate(watermarks_ms)
    ]


@pytest.mark.parametrize(
    ("checkpoints", "watermark_ms", "version"),
    [
        ([], 0, 0),
        ([ONE], 1_000, 7),
        (three(5_000, 4_000, 6_000), 4_000, 12),
        ([ONE, *three(5_000, 4_000, 6_000)], 4_000, 12),
        # One shard ran again after three.
        ([Checkpoint(9_000, 20), *three(5_000, 4_000, 6_000)], 9_000, 20),
        # Three were started and killed before each had written once.
        ([ONE, *three(5_000, 4_000)], 1_000, 11),
        (three(5_000, 4_000), 0, 11),
    ],
)
def test_what_holds_for_all_devices(
    checkpoints: list[Checkpoint], watermark_ms: int, version: int
) -> None:
    found = holds_for_all(checkpoints)
    assert (found.watermark_ms, found.version) == (watermark_ms, version)


def test_the_only_shard_has_the_name_of_former_releases() -> None:
    assert checkpoint_name(0, 1) == "processor"
    assert [checkpoint_name(number, 2) for number in range(2)] == ["processor 0/2", "processor 1/2"]
