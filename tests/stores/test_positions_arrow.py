import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.position import Position
from milepost.stores.positions_arrow import (
    POSITIONS_SCHEMA,
    RowContext,
    build_table,
    read_positions,
    read_times_ms,
)
from tests.stores.samples import CONTEXT, FULL, positions


@given(st.lists(positions(), max_size=20))
def test_positions_come_back_as_they_went(given_positions: list[Position]) -> None:
    table = build_table([CONTEXT] * len(given_positions), given_positions)
    assert table.schema.equals(POSITIONS_SCHEMA)
    assert read_positions(table) == given_positions


def test_a_full_and_an_empty_report_share_a_table() -> None:
    empty = Position(0)
    table = build_table([CONTEXT, CONTEXT], [empty, FULL])
    assert read_positions(table) == [empty, FULL]
    assert read_positions(table.slice(1)) == [FULL]


def test_the_context_is_stored_beside_the_report() -> None:
    context = RowContext(b"t" * 16, b"d" * 16, b"v" * 16, bytes(16), "h02", 7, "future")
    row = build_table([context], [FULL]).slice(0, 1)
    assert row.column("device_id").to_pylist() == [b"d" * 16]
    assert row.column("rejected").to_pylist() == ["future"]
    assert read_times_ms(row, "received_time") == [7]


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="0 contexts for 1 positions"):
        build_table([], [FULL])
