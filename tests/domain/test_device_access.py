"""Whose an identity is, and who may speak for a device."""

from datetime import UTC, datetime, timedelta

import pytest

from milepost.domain.device_access import (
    CLAIM_LIFETIME,
    Access,
    Caller,
    Claim,
    ClaimTimes,
    Contender,
    Rule,
    networks_of,
    opens,
    sealed,
    winner,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SALT = bytes(range(16))
CALLER = Caller("osmand", "192.0.2.7", "correct-horse")

OPEN = Access()
SECRET = Access(sealed_secret=sealed("correct-horse", SALT))
OTHER_SECRET = Access(sealed_secret=sealed("another-one", SALT))
NEAR = Access(networks=networks_of(["192.0.2.0/24"]))
FAR = Access(networks=networks_of(["198.51.100.0/24"]))


@pytest.mark.parametrize(
    ("access", "rule"),
    [
        (OPEN, None),
        (SECRET, None),
        (OTHER_SECRET, "secret"),
        (NEAR, None),
        (FAR, "network"),
        (Access(protocols=("osmand", "gt06")), None),
        (Access(protocols=("gt06",)), "protocol"),
        (
            Access(("gt06",), networks_of(["198.51.100.0/24"]), OTHER_SECRET.sealed_secret),
            "protocol",
        ),
    ],
)
def test_the_first_rule_that_is_broken_is_named(access: Access, rule: Rule | None) -> None:
    assert access.broken_rule(CALLER) == rule


@pytest.mark.parametrize(
    ("address", "is_near"),
    [
        ("192.0.2.255", True),
        ("192.0.3.0", False),
        ("::ffff:192.0.2.1", True),
        ("2001:db8::1", False),
        ("broker.example:1883", False),
        ("", False),
    ],
)
def test_an_address_is_in_a_network_or_not(address: str, is_near: bool) -> None:
    assert NEAR.is_near(address) is is_near


def test_a_network_with_bits_beyond_its_mask_is_none() -> None:
    with pytest.raises(ValueError, match="host bits"):
        networks_of(["192.0.2.1/24"])


def test_a_secret_is_kept_as_what_it_cannot_be_read_from() -> None:
    seal = sealed("correct-horse", SALT)
    # RFC 2104 with SHA-256, from: printf correct-horse | openssl dgst -sha256 -mac hmac …
    assert seal == (
        "hmac-sha256$000102030405060708090a0b0c0d0e0f$"
        "126059f3b223a9a99e6b5c6a652f138de037b8804900709daaeb317c41b8a73a"
    )
    assert opens(seal, "correct-horse")
    assert not opens(seal, "correct-horse ")
    assert not opens(seal, None)
    assert seal != sealed("correct-horse", bytes(16))


@pytest.mark.parametrize(
    ("contenders", "place"),
    [
        ([], None),
        ([(OPEN, 0)], 0),
        ([(OPEN, 5), (OPEN, 1), (OPEN, 3)], 1),
        # Stronger proof beats what is newer.
        ([(OPEN, 0), (NEAR, 5)], 1),
        ([(NEAR, 0), (SECRET, 5)], 1),
        ([(SECRET, 5), (SECRET, 1)], 1),
        # Whoever does not let the caller in does not win.
        ([(FAR, 0), (OTHER_SECRET, 0), (OPEN, 20)], 2),
        ([(FAR, 0), (OTHER_SECRET, 0)], None),
    ],
)
def test_who_wins(contenders: list[tuple[Access, int]], place: int | None) -> None:
    claims = [Contender(access, NOW - age_days * DAY) for access, age_days in contenders]
    assert winner(claims, CALLER) == place


@pytest.mark.parametrize(
    ("times", "claim"),
    [
        (ClaimTimes(NOW - DAY, None, None), Claim("waiting", NOW - DAY)),
        (ClaimTimes(NOW - CLAIM_LIFETIME, None, None), Claim("expired", NOW)),
        (ClaimTimes(NOW - 99 * DAY, NOW - DAY, None), Claim("proven", NOW - DAY)),
        (ClaimTimes(NOW - 99 * DAY, None, NOW - 2 * DAY), Claim("lost", NOW - 2 * DAY)),
    ],
)
def test_how_a_claim_stands(times: ClaimTimes, claim: Claim) -> None:
    assert times.at(NOW) == claim
