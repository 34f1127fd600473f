"""Cursors: what was put in comes out, and nothing else is believed."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import InvalidInput
from milepost.features.paging import decode_cursor, encode_cursor, page_of

# What PostgreSQL keeps: it has no NUL.
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(NAMES, st.uuids())
def test_a_cursor_gives_its_key_back(name: str, identity: UUID) -> None:
    cursor = encode_cursor((name, identity))
    assert cursor.isascii()
    assert decode_cursor(cursor, tuple[str, UUID]) == (name, identity)


@given(st.text())
def test_rejects_what_is_no_cursor(text: str) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(text, tuple[datetime, UUID])


def test_rejects_a_forged_cursor_with_nul() -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(encode_cursor(("a\0", uuid4())), tuple[str, UUID])


def test_rejects_the_cursor_of_another_list() -> None:
    cursor = encode_cursor((datetime.now(UTC), uuid4()))
    with pytest.raises(InvalidInput):
        decode_cursor(cursor, UUID)


def test_a_row_too_many_tells_that_another_page_follows() -> None:
    assert page_of([1, 2, 3], 3, str).next is None
    page = page_of([1, 2, 3, 4], 3, str)
    assert page.items == [1, 2, 3]
    assert page.next is not None
    assert decode_cursor(page.next, str) == "3"
