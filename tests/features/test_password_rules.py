"""Which passwords are taken, and what is said of the others."""

import pytest

from milepost.errors import UnsafePassword
from milepost.features.password_rules import check_password

WORDS = ("ann.smith@example.com", "Ann Smith", "Northern Haulage", "northern-haulage")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "kx8!vQ2p",
        "日本語のパスワード",
        "x y z w " * 16,
        "annotated smithereens",
        "a" + "bcdefghijklmnop" * 13,
    ],
)
def test_accepts(password: str) -> None:
    check_password(password, WORDS)


@pytest.mark.parametrize(
    ("password", "because"),
    [
        ("kx8!vQ2", "have 8 to 200 characters (got 7)"),
        ("xyzw" * 50 + "!", "have 8 to 200 characters (got 201)"),
        (" " * 8, "not be blank"),
        ("\u3000" * 9, "not be blank"),
        ("aaaaaaaaa", "have 4 different characters (got 1)"),
        ("abcabcabcABC", "have 4 different characters (got 3)"),
        ("iloveyou", "known passwords"),
        ("PassWord1", "known passwords"),
        ("1234567890", "known passwords"),
        ("ann.smith@example.com", "others know"),
        ("AnnSmith2", "others know"),
        ("northern-haulage!", "others know"),
        ("Milepost99", "others know"),
    ],
)
def test_rejects(password: str, because: str) -> None:
    with pytest.raises(UnsafePassword, match="`password` must") as refused:
        check_password(password, WORDS)
    assert because in str(refused.value)
    assert password not in str(refused.value)
    assert refused.value.field == "password"


def test_short_words_of_the_person_do_not_count() -> None:
    check_password("li is in the garden", ("li@example.com", "Li", "An", "an"))
