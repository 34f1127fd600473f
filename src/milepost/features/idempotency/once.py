"""Creating calls that are carried out once, however often they are sent."""

import hashlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import HeaderParameter

from milepost.errors import Conflict, KeyReused
from milepost.features.idempotency import store
from milepost.features.idempotency.store import Answer
from milepost.features.wire import PRINTABLE
from milepost.features.work import Work

T = TypeVar("T")

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        description=(
            "Any text that is new for this call. A repeated call with the same key and body gets "
            "the first answer again, for a day; with another body it is refused."
        ),
    ),
]


class Once:
    """Carries out a creating call, or repeats what was answered to it before."""

    def __init__(self, work: Work, key: str | None, request_hash: bytes) -> None:
        self._work = work
        self._key = key
        self._request_hash = request_hash

    async def create(self, create: Callable[[], Awaitable[Response[T]]]) -> Response[T]:
        """The response of `create`, or the one that it gave the first time.

        The key, what is created and the answer are committed together.

        Raises:
            KeyReused: the key came before with another request.
        """
        if self._key is None:
            return await create()
        work = self._work
        place = (work.connection, work.scope, work.who, self._key)
        if not await store.claim(*place, self._request_hash, work.clock()):
            return self._repeat(await store.recall(*place), self._key)
        response = await create()
        await store.remember(*place, self._answer(response))
        return response

    def _repeat(self, answer: Answer | None, key: str) -> Response[Any]:
        if answer is None:
            raise Conflict("Idempotency-Key", "the first call has not been answered yet")
        if answer.request_hash != self._request_hash:
            raise KeyReused(key)
        return Response(
            answer.response_body,
            status_code=answer.response_status,
            headers=answer.response_headers,
            media_type="application/json",
        )

    def _answer(self, response: Response[Any]) -> Answer:
        return Answer(
            request_hash=self._request_hash,
            response_status=response.status_code or HTTPStatus.CREATED,
            response_headers=dict(response.headers),
            response_body=msgspec.json.encode(response.content),
        )


async def provide_once(
    request: Request[Any, Any, Any], work: NamedDependency[Work], key: IdempotencyKey = None
) -> Once:
    """The dependency of creating routes."""
    target = f"{request.method} {request.url.path}\n".encode()
    return Once(work, key, hashlib.sha256(target + await request.body()).digest())
