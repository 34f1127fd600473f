"""Who is slowed down, and who is not, when passwords are tried."""

from datetime import UTC, datetime, timedelta

import pytest

from milepost.errors import RateLimited
from milepost.features.address_key import address_key
from milepost.features.sign_in.bounded_store import BoundedStore
from milepost.features.sign_in.devices import LIFETIME_S, DeviceTokens
from milepost.features.sign_in.limits import Attempt, LoginLimits

EMAIL = "someone@example.com"
HOME = "192.0.2.1"


class Desk:
    """Limits with a clock of their own."""

    def __init__(self, **limits: int) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.store = BoundedStore(self.clock)
        self.limits = LoginLimits(self.store, self.clock, **limits)

    def clock(self) -> datetime:
        return self.now

    async def refused(
        self, address: str, *, device: str | None = None, familiar: bool = False
    ) -> RateLimited | None:
        attempt = Attempt(email=EMAIL, address=address, device=device, familiar=familiar)
        try:
            await self.limits.count(attempt)
        except RateLimited as error:
            return error
        return None


async def test_ten_attempts_from_one_address_refuse_the_eleventh_from_there_alone() -> None:
    desk = Desk()
    assert [await desk.refused("198.51.100.1") for _ in range(10)] == [None] * 10
    refusal = await desk.refused("198.51.100.1")
    assert refusal is not None
    assert refusal.retry_after_s == 300
    assert await desk.refused("198.51.100.2") is None
    desk.now += timedelta(seconds=301)
    assert await desk.refused("198.51.100.1") is None


async def test_an_attack_from_many_addresses_slows_strangers_and_not_the_owner() -> None:
    desk = Desk()
    results = [await desk.refused(f"198.51.{n // 256}.{n % 256}") for n in range(1000)]
    # 100 in 5 minutes, whatever the address.
    assert results.count(None) == 100
    assert await desk.refused(HOME) is not None
    assert await desk.refused(HOME, familiar=True) is None
    assert await desk.refused("203.0.113.9", device="laptop") is None


async def test_an_attacker_at_the_owners_own_address_does_not_stop_the_owners_device() -> None:
    desk = Desk()
    for _ in range(20):
        await desk.refused(HOME, familiar=True)
    assert await desk.refused(HOME, familiar=True) is not None
    assert await desk.refused(HOME, familiar=True, device="laptop") is None


async def test_a_stolen_device_token_has_its_own_ten_attempts() -> None:
    desk = Desk()
    found = [await desk.refused(f"198.51.100.{n}", device="stolen") for n in range(11)]
    assert found[:10] == [None] * 10
    assert found[10] is not None


async def test_success_forgets_the_attempts_from_this_place() -> None:
    desk = Desk()
    for _ in range(9):
        assert await desk.refused(HOME) is None
    await desk.limits.succeeded(Attempt(email=EMAIL, address=HOME, device=None, familiar=False))
    for _ in range(10):
        assert await desk.refused(HOME) is None


async def test_an_address_is_limited_whatever_the_account() -> None:
    desk = Desk(per_address=2)
    for _ in range(2):
        await desk.limits.count_address(HOME)
    with pytest.raises(RateLimited):
        await desk.limits.count_address(HOME)
    await desk.limits.count_address("192.0.2.2")
    desk.now += timedelta(seconds=61)
    await desk.limits.count_address(HOME)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_a_subscriber_has_one_network(address: str, network: str) -> None:
    assert address_key(address) == network


async def test_strangers_do_not_fill_the_memory() -> None:
    desk = Desk()
    store = BoundedStore(desk.clock, max_entries=1000)
    limits = LoginLimits(store, desk.clock)
    for number in range(3000):
        attempt = Attempt(
            email=f"{number}@example.com" * 20, address=HOME, device=None, familiar=False
        )
        await limits.count(attempt)
    assert len(store._values) == 1000
    assert max(map(len, store._values)) < 120


async def test_the_store_keeps_what_stores_keep() -> None:
    desk = Desk()
    store = BoundedStore(desk.clock)
    await store.set("a", "text", 10)
    await store.set("b", b"bytes")
    assert await store.get("a") == b"text"
    assert (await store.expires_in("a"), await store.expires_in("b")) == (10, -1)
    desk.now += timedelta(seconds=5)
    assert await store.get("a", renew_for=10) == b"text"
    desk.now += timedelta(seconds=9)
    assert await store.exists("a")
    desk.now += timedelta(seconds=1)
    assert await store.get("a") is None
    assert await store.expires_in("a") is None
    await store.delete("b")
    assert not await store.exists("b")
    await store.set("c", b"")
    await store.delete_all()
    assert not await store.exists("c")


def test_a_device_token_is_good_for_its_account_on_its_device_for_a_year() -> None:
    desk = Desk()
    tokens = DeviceTokens(b"k" * 32, desk.clock)
    token = tokens.issue(EMAIL, None)
    device = tokens.device_of(token, EMAIL.upper())
    assert device is not None
    assert tokens.device_of(tokens.issue(EMAIL, device), EMAIL) == device
    assert tokens.device_of(tokens.issue(EMAIL, None), EMAIL) != device
    assert tokens.device_of(token, "other@example.com") is None
    assert DeviceTokens(b"x" * 32, desk.clock).device_of(token, EMAIL) is None
    desk.now += timedelta(seconds=LIFETIME_S)
    assert tokens.device_of(token, EMAIL) is None


@pytest.mark.parametrize("token", [None, "", "mpd", "mpd_", "mpd__", "mpd_a_b_c", "x_1_2_é"])
def test_what_is_no_device_token_names_no_device(token: str | None) -> None:
    assert DeviceTokens(b"k" * 32, Desk().clock).device_of(token, EMAIL) is None
