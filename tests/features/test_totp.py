"""Codes of authenticators, by the vectors of RFC 6238, appendix B."""

import base64
from datetime import UTC, datetime

import pytest

from milepost.features.second_factor.totp import matching_step, new_secret

# Appendix B gives eight digits; authenticators show the last six.
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
]


def at(unix_s: int) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)


@pytest.mark.parametrize(("unix_s", "code"), VECTORS)
def test_accepts_the_codes_of_the_standard(unix_s: int, code: str) -> None:
    assert matching_step(SECRET, code, at(unix_s), 0) == unix_s // 30


@pytest.mark.parametrize(("unix_s", "code"), VECTORS)
def test_accepts_a_code_half_a_minute_around_and_rejects_it_a_minute_around(
    unix_s: int, code: str
) -> None:
    for shift_s, found in ((-30, True), (30, True), (-60, False), (60, False)):
        step = matching_step(SECRET, code, at(unix_s + shift_s), 0)
        assert (step == unix_s // 30) is found


def test_rejects_a_step_that_was_used_and_those_before() -> None:
    unix_s, code = VECTORS[3]
    step = unix_s // 30
    assert matching_step(SECRET, code, at(unix_s), step - 1) == step
    assert matching_step(SECRET, code, at(unix_s), step) is None
    assert matching_step(SECRET, code, at(unix_s), step + 1) is None


def test_rejects_another_code_and_another_secret() -> None:
    assert matching_step(SECRET, "287083", at(59), 0) is None
    assert matching_step(new_secret(), "287082", at(59), 0) is None
    assert len(base64.b32decode(new_secret())) == 20
