"""How many requests a caller may make."""

import httpx
import msgspec
import pytest

from milepost.api.app import create_app
from milepost.api.client_address import TrustedProxies, parse_networks
from milepost.api.request_limits import RequestLimits
from milepost.errors import RateLimited
from tests.api.conftest import NewMember, served
from tests.api.platform import Caller, Platform, problem
from tests.free_ports import free_port


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_burst_passes_and_then_the_rate() -> None:
    clock = Clock()
    limits = RequestLimits(per_s=2, burst=10, clock_s=clock)
    for _ in range(10):
        limits.take("user:a")
    with pytest.raises(RateLimited) as refused:
        limits.take("user:a", 10)
    # Ten tokens at two a second.
    assert refused.value.retry_after_s == 5.0
    limits.take("user:b")
    clock.now_s += 0.5
    limits.take("user:a")
    with pytest.raises(RateLimited):
        limits.take("user:a")


def test_what_costs_more_than_a_burst_costs_a_burst() -> None:
    limits = RequestLimits(per_s=1, burst=5, clock_s=Clock())
    limits.take("user:a", 20)
    with pytest.raises(RateLimited):
        limits.take("user:a")


def test_looking_costs_nothing() -> None:
    limits = RequestLimits(per_s=1, burst=1, clock_s=Clock())
    limits.check("refused:a")
    limits.take("refused:a")
    with pytest.raises(RateLimited):
        limits.check("refused:a")
    limits.check("refused:b")
    assert len(limits) == 1


def test_callers_are_forgotten_where_there_are_too_many() -> None:
    limits = RequestLimits(per_s=1, burst=1, clock_s=Clock(), max_callers=100)
    for number in range(1000):
        limits.take(f"address:{number}")
    assert len(limits) == 100


async def test_each_caller_has_a_limit_of_their_own(
    platform: Platform, admin: Caller, member: NewMember
) -> None:
    viewer = await member("viewer")
    limits = RequestLimits(per_s=0.001, burst=5, clock_s=Clock())
    parts = msgspec.structs.replace(platform.parts(), request_limits=limits)
    async with served(create_app(parts), free_port()) as url, httpx.AsyncClient() as client:
        path = f"{url}/api/v1/fleets"
        answers = [await client.get(path, headers=admin.headers) for _ in range(6)]
        assert [each.status_code for each in answers] == [200] * 5 + [429]
        assert problem(answers[-1])["code"] == "rate_limited"
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert (await client.get(path, headers=viewer.headers)).status_code == 200


async def test_refused_tokens_and_public_routes_count_by_forwarded_address(
    platform: Platform, admin: Caller
) -> None:
    limits = RequestLimits(per_s=0.001, burst=3, clock_s=Clock())
    parts = msgspec.structs.replace(platform.parts(), request_limits=limits)
    proxies = TrustedProxies(parse_networks("127.0.0.1"))
    app = create_app(parts)
    async with (
        served(app, free_port(), proxies=proxies) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):

        async def statuses(path: str, address: str, count: int, **headers: str) -> list[int]:
            sent = {"X-Forwarded-For": address, **headers}
            return [(await client.get(path, headers=sent)).status_code for _ in range(count)]

        made_up = {"Authorization": "Bearer mpk_made_up"}
        path = "/api/v1/fleets"
        assert await statuses(path, "192.0.2.1", 5, **made_up) == [401, 401, 401, 429, 429]
        assert await statuses(path, "192.0.2.2", 1, **made_up) == [401]
        # A neighbour who is signed in is not shut out by who tries keys from the same address.
        assert await statuses(path, "192.0.2.1", 1, **admin.headers) == [200]
        assert await statuses("/api/v1/config", "192.0.2.1", 4) == [200, 200, 200, 429]
        assert await statuses("/api/v1/config", "192.0.2.3", 1) == [200]
