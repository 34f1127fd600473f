"""The table of bounds against the struct and against the columns that have to hold them."""

from datetime import UTC, datetime
from typing import get_args, get_type_hints

import pyarrow as pa
import pytest

from milepost.domain.bounds import EARLIEST_FIX_TIME_MS, LATEST_FIX_TIME_MS, MOST, NUMBERS
from milepost.domain.position import Position
from milepost.stores.positions_arrow import POSITIONS_SCHEMA

HINTS = get_type_hints(Position)
# The largest number of `Decimal(18, 6)`, and how many 10-minute totals a day has.
DECIMAL_MOST, BUCKETS_PER_DAY = 10**12, 144


def test_every_number_of_a_position_has_bounds() -> None:
    for name, hint in HINTS.items():
        kinds = {hint, *get_args(hint)}
        if kinds & {int, float}:
            assert NUMBERS[name].least < NUMBERS[name].most
        if kinds & {tuple, dict} or getattr(hint, "__origin__", None) in (tuple, dict):
            assert MOST[name] > 0


@pytest.mark.parametrize("name", [n for n, h in HINTS.items() if int in {h, *get_args(h)}])
def test_whole_numbers_fit_their_columns(name: str) -> None:
    bounds = NUMBERS[name]
    column = POSITIONS_SCHEMA.field("fix_time" if name == "fix_time_ms" else name).type
    stored = pa.int64() if pa.types.is_timestamp(column) else column
    assert pa.array([bounds.least, bounds.most], stored).to_pylist() == [bounds.least, bounds.most]


def test_fuel_of_a_whole_day_fits_its_sum() -> None:
    assert NUMBERS["fuel_used_l"].most * BUCKETS_PER_DAY < DECIMAL_MOST


def test_times_are_those_of_both_engines() -> None:
    first, last = (
        datetime.fromtimestamp(time_ms // 1000, UTC)
        for time_ms in (EARLIEST_FIX_TIME_MS, LATEST_FIX_TIME_MS)
    )
    assert first == datetime(1970, 1, 1, tzinfo=UTC)
    assert last == datetime(2299, 12, 31, 23, 59, 59, tzinfo=UTC)
