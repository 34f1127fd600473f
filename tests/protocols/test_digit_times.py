import pytest

from milepost.errors import ProtocolError
from milepost.protocols.wire.digit_times import date_ms, midnight_ms, moment_ms


def test_a_moment_in_numbers() -> None:
    assert moment_ms("own", 2025, 10, 9, 8, 53, 20) == 1_760_000_000_000
    assert midnight_ms(2025, 10, 9) == date_ms("own", "251009") == 1_759_968_000_000


@pytest.mark.parametrize(
    "numbers",
    (
        (2025, 2, 29, 0, 0, 0),
        (2025, 13, 1, 0, 0, 0),
        (1969, 12, 31, 0, 0, 0),
        (2025, 1, 1, 24, 0, 0),
        (2025, 1, 1, 0, 60, 0),
        (2025, 1, 1, 0, 0, 60),
    ),
)
def test_rejects_moments_that_are_none(numbers: tuple[int, int, int, int, int, int]) -> None:
    with pytest.raises(ProtocolError, match="there is no time"):
        moment_ms("own", *numbers)
