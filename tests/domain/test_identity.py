"""Who may call themselves what: one rule for the wire and for the API."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.identity import IDENTITY_PATTERN, is_identity


@pytest.mark.parametrize(
    "text",
    ("356307042441013", "a", "truck-7", "CradlePoint Test", "Jörg", "фура 7", "😀", "x" * 128),
)
def test_accepts_visible_names(text: str) -> None:
    assert is_identity(text)


@pytest.mark.parametrize(
    "text",
    (
        *("", " ", "a ", " a", "a\n", "\n", "a\tb", "\0", "35\0", "\x1b[31m", "\x7f", "\x85"),
        *("\ud800", "a\udfff", "\u202e1", "a\u200bb", "\ufeffa", "\u2028", "\u00a0", "x" * 129),
    ),
)
def test_rejects_what_cannot_be_seen_or_stored(text: str) -> None:
    assert not is_identity(text)


@given(st.text(st.characters() | st.characters(max_codepoint=0x7F), max_size=6))
def test_the_pattern_for_the_api_says_the_same(text: str) -> None:
    assert is_identity(text) == (re.search(IDENTITY_PATTERN, text) is not None)
