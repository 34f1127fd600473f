"""What cannot be written stands alone at the end; everything else is written, once."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import Unavailable
from milepost.workers.apart import write_apart


class Table:
    """Takes whole batches, unless one of the bad items is in it."""

    def __init__(self, bad: set[int], error: Exception) -> None:
        self.bad, self.error = bad, error
        self.rows: list[int] = []
        self.tries = 0

    async def write(self, items: Sequence[int]) -> None:
        self.tries += 1
        if self.bad & set(items):
            raise self.error
        self.rows += items


@given(st.integers(1, 60), st.sets(st.integers(0, 59)))
async def test_all_but_the_bad_are_written_once(count: int, bad: set[int]) -> None:
    table = Table(bad, ValueError("no number"))
    failed = await write_apart(range(count), table.write, lambda item: item)
    assert sorted(table.rows) == sorted(set(range(count)) - bad)
    assert sorted(item for item, _ in failed) == sorted(bad & set(range(count)))
    assert all(error is table.error for _, error in failed)


@pytest.mark.parametrize("place", [0, 1, 511, 1023])
async def test_one_bad_item_of_a_thousand_costs_few_writes(place: int) -> None:
    table = Table({place}, Unavailable("ClickHouse", "a decimal overflows"))
    await write_apart(range(1024), table.write, lambda item: item)
    assert table.tries <= 2 * math.log2(1024) + 1
    assert len(table.rows) == 1023


async def test_an_engine_that_takes_nothing_is_not_asked_for_every_item() -> None:
    table = Table(set(range(1024)), Unavailable("ClickHouse", "no space left on device"))
    failed = await write_apart(range(1024), table.write, lambda item: item)
    assert sorted(item for item, _ in failed) == list(range(1024))
    assert table.tries == 12  # 1024, 512, ... 1, and one more


async def test_one_owner_with_many_bad_items_does_not_condemn_the_others() -> None:
    table = Table({0, 1}, Unavailable("ClickHouse", "a decimal overflows"))
    failed = await write_apart(range(16), table.write, lambda item: item // 4)
    assert [item for item, _ in failed] == [0, 1]
    assert sorted(table.rows) == list(range(2, 16))
