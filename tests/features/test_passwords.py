"""Passwords are hashed with argon2id and verified alike for everyone."""

import pytest

from milepost.features.passwords import Passwords


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(memory_kib=8, passes=1)


async def test_a_password_matches_its_hash_and_no_other(passwords: Passwords) -> None:
    kept = await passwords.hash("correct horse")
    assert kept.startswith("$argon2id$")
    assert await passwords.verify(kept, "correct horse")
    assert not await passwords.verify(kept, "correct horsE")
    assert kept != await passwords.hash("correct horse")


async def test_nobody_has_the_password_that_stands_in_for_an_unknown_account(
    passwords: Passwords,
) -> None:
    assert not await passwords.verify(None, "nobody has this password")
    assert not await passwords.verify("not a hash", "correct horse")
