"""PostgreSQL goes away in the middle of a request: the answer is 503, wherever it was noticed."""

from collections.abc import AsyncIterator, Callable

import httpx
import msgspec
import pytest
from litestar import get
from litestar.di import NamedDependency
from sqlalchemy import text

from milepost.api.app import create_app
from milepost.errors import Unavailable
from milepost.features.work import Work
from tests.api.conftest import served
from tests.api.platform import Caller, Platform, problem


@pytest.fixture
async def losing_url(platform: Platform, free_port: Callable[[], int]) -> AsyncIterator[str]:
    """The application, with routes that lose their own connection to PostgreSQL."""

    async def lose(work: Work) -> None:
        backend = await work.connection.scalar(text("SELECT pg_backend_pid()"))
        async with platform.database.transaction(work.scope) as other:
            gone = text("SELECT pg_terminate_backend(:backend, 5000)")
            assert await other.scalar(gone, {"backend": backend})

    @get("/lost-before-commit", include_in_schema=False)
    async def before_commit(work: NamedDependency[Work]) -> str:
        await lose(work)
        return "done"

    @get("/lost-before-query", include_in_schema=False)
    async def before_query(work: NamedDependency[Work]) -> str:
        await lose(work)
        return str(await work.connection.scalar(text("SELECT 1")))

    @get("/fails-after-loss", include_in_schema=False)
    async def fails(work: NamedDependency[Work]) -> str:
        await lose(work)
        raise Unavailable("the test", "it is over")

    routes = [before_commit, before_query, fails]
    parts = msgspec.structs.replace(platform.parts(), live_routes=routes)
    async with served(create_app(parts), free_port()) as url:
        yield url


@pytest.mark.parametrize("path", ["lost-before-commit", "lost-before-query", "fails-after-loss"])
async def test_a_connection_that_is_lost_is_unavailable(
    admin: Caller, losing_url: str, path: str
) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.get(f"{losing_url}/{path}", headers=admin.headers)
    assert (answer.status_code, problem(answer)["code"]) == (503, "unavailable"), answer.text
