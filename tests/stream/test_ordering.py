from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.position import Position
from milepost.stream.ordering import in_order, order_key
from tests.stream.histories import wild


def test_fix_time_comes_first() -> None:
    assert order_key(Position(1, 50.0, 7.0)) < order_key(Position(2, 40.0, 7.0))


def test_only_exact_duplicates_have_equal_keys() -> None:
    assert order_key(Position(1, 50.0, 7.0)) == order_key(Position(1, 50.0, 7.0))
    assert order_key(Position(1, 50.0, 7.0)) != order_key(Position(1, 50.0, 7.1))
    assert order_key(Position(1, valid=True)) != order_key(Position(1, valid=False))


def test_the_order_of_a_dict_and_the_kind_of_a_number_do_not_matter() -> None:
    """A store gives back floats for whole numbers, and maps in its own order."""
    sent = Position(1, 50, 7, signals={"a": 1, "b": 2}, tire_pressures_kpa=(220, None))
    stored = Position(1, 50.0, 7.0, signals={"b": 2.0, "a": 1.0}, tire_pressures_kpa=(220.0, None))
    assert order_key(sent) == order_key(stored)


def test_late_and_fresh_are_parted_at_the_last_fix_time() -> None:
    early, same, later = Position(1), Position(2, 50.0, 7.0), Position(3)
    assert in_order(2, [later, same, early, later]) == ([later], [early, same])


@given(wild(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_one_order(history: list[Position], random: object) -> None:
    shuffled = [*history, *history[:5]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    ordered, late = in_order(-1, shuffled)
    assert (ordered, late) == in_order(-1, history)
    assert sorted(ordered, key=order_key) == ordered
