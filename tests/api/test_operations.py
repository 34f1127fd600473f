"""Health, readiness, metrics, configuration, headers, the description and the web app."""

from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec

from milepost.api.app import create_app
from milepost.api.client_address import TrustedProxies, parse_networks
from milepost.api.parts import DemoCredentials
from milepost.errors import Unavailable
from milepost.stores.postgres.database import Database
from tests.api.conftest import served
from tests.api.platform import Caller, Platform, problem


async def test_alive_ready_and_measured(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = (await client.get("/readyz")).json()
    assert ready == {"status": "ok", "engines": {"postgresql": "ok", "clickhouse": "ok"}}
    assert "milepost_http" not in (await client.get("/metrics")).text


async def test_metrics_are_on_the_web_port_where_the_setting_says_so(
    platform: Platform, free_port: Callable[[], int]
) -> None:
    parts = msgspec.structs.replace(platform.parts(), public_metrics=True)
    async with served(create_app(parts), free_port()) as url, httpx.AsyncClient() as client:
        await client.get(f"{url}/api/v1/config")
        text = (await client.get(f"{url}/metrics")).text
    assert 'milepost_http_request_seconds_count{method="GET",path="/api/v1/config"' in text


async def test_the_description_is_for_those_who_are_signed_in_unless_the_setting_opens_it(
    platform: Platform, free_port: Callable[[], int], admin: Caller
) -> None:
    parts = msgspec.structs.replace(platform.parts(), public_schema=False)
    async with served(create_app(parts), free_port()) as url, httpx.AsyncClient() as client:
        for path in ("/schema", "/schema/openapi.json"):
            assert (await client.get(url + path)).status_code == 401
            assert (await client.get(url + path, headers=admin.headers)).status_code == 200


async def test_who_comes_by_https_is_told_to_go_on_so(
    platform: Platform, free_port: Callable[[], int], client: httpx.AsyncClient
) -> None:
    said = {"X-Forwarded-Proto": "https"}
    proxies = TrustedProxies(parse_networks("127.0.0.1"))
    app = create_app(platform.parts())
    async with served(app, free_port(), proxies=proxies) as url, httpx.AsyncClient() as behind:
        answer = await behind.get(f"{url}/api/v1/config", headers=said)
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
    spoofed = await client.get("/api/v1/config", headers=said)
    assert "strict-transport-security" not in spoofed.headers


async def test_not_ready_while_an_engine_is_silent(
    platform: Platform, free_port: Callable[[], int]
) -> None:
    async def silent() -> None:
        raise Unavailable("PostgreSQL", "connection refused")

    parts = msgspec.structs.replace(platform.parts(), pings={"postgresql": silent})
    async with served(create_app(parts), free_port()) as url, httpx.AsyncClient() as client:
        response = await client.get(f"{url}/readyz")
    assert response.status_code == 503
    assert "connection refused" in problem(response)["detail"]


async def test_the_configuration_shows_a_demos_sign_in_to_everyone(
    platform: Platform, free_port: Callable[[], int], client: httpx.AsyncClient
) -> None:
    assert (await client.get("/api/v1/config")).json()["demo"] is None
    demo = DemoCredentials("demo@example.com", "milepost-demo")
    parts = msgspec.structs.replace(platform.parts(), demo=demo)
    async with served(create_app(parts), free_port()) as url, httpx.AsyncClient() as other:
        shown = (await other.get(f"{url}/api/v1/config")).json()
    assert shown["demo"] == {"email": "demo@example.com", "password": "milepost-demo"}


async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/", "/api/v1/config", "/api/v1/nothing", "/schema"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "worker-src 'self' blob:" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (await client.get("/api/v1/config")).headers["cache-control"] == "no-store"


async def test_pages_of_the_web_app_are_its_index(client: httpx.AsyncClient) -> None:
    for path in ("/", "/vehicles/42", "/index.html"):
        response = await client.get(path)
        assert response.headers["content-type"].startswith("text/html")
        assert response.headers["cache-control"] == "no-cache"
        assert "Milepost" in response.text
    assert (await client.head("/")).status_code == 200


async def test_hashed_files_are_kept_for_ever_and_others_asked_for(
    client: httpx.AsyncClient,
) -> None:
    hashed = await client.get("/assets/app-1a2b3c4d.js")
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["content-type"].startswith("text/javascript")
    icon = await client.get("/favicon.svg")
    assert icon.headers["cache-control"] == "no-cache"
    for outside in ("/../platform.py", "/%2e%2e/platform.py", "/assets/../../platform.py"):
        response = await client.get(outside)
        assert "import" not in response.text


async def test_the_description_is_openapi_3_1_with_problems(client: httpx.AsyncClient) -> None:
    document = (await client.get("/schema/openapi.json")).json()
    assert (await client.get("/schema")).json() == document
    assert document["openapi"].startswith("3.1")
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
    login = document["paths"]["/api/v1/auth/login"]["post"]
    assert not login.get("security")


async def test_long_answers_are_compressed(admin: Caller) -> None:
    for number in range(5):
        await admin.make("/vehicles", {"name": f"Van {number}"})
    response = await admin.get("/vehicles")
    assert response.headers["content-encoding"] in {"br", "gzip"}


async def test_without_postgresql_calls_are_refused_as_unavailable(
    platform: Platform, free_port: Callable[[], int], admin: Caller, tmp_path: Path
) -> None:
    nowhere = Database(f"postgresql+asyncpg://nobody@/none?host={tmp_path}", login_as_role=True)
    cut_off = msgspec.structs.replace(
        platform.parts(),
        database=nowhere,
        pings={"postgresql": nowhere.ping},
    )
    async with served(create_app(cut_off), free_port()) as url, httpx.AsyncClient() as client:
        listed = await client.get(f"{url}/api/v1/vehicles", headers=admin.headers)
        made = await client.post(f"{url}/api/v1/fleets", headers=admin.headers, json={"name": "N"})
        ready = await client.get(f"{url}/readyz")
        alive = await client.get(f"{url}/healthz")
    assert [each.status_code for each in (listed, made, ready, alive)] == [503, 503, 503, 200]
    assert problem(listed)["code"] == problem(made)["code"] == "unavailable"
    await nowhere.close()
