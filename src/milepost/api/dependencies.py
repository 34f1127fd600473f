"""What routes ask for by name: the request's transaction, and the long-lived objects."""

from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeVar

from litestar import Request
from litestar.di import Provide

from milepost.api.parts import AppParts
from milepost.features.history import provide_history
from milepost.features.idempotency.once import provide_once
from milepost.features.periods import period_provider, provide_period
from milepost.features.positions.feed import PositionFeed
from milepost.features.sign_in.authenticator import Identity
from milepost.features.vehicles.last_states import LastStates
from milepost.features.work import Work

T = TypeVar("T")
WorkGenerator = AsyncGenerator[Work, None]


def dependencies(parts: AppParts) -> dict[str, Provide]:
    """The dependencies of all routes by the name of the parameter that takes them."""
    return {
        "work": Provide(_work_provider(parts)),
        "once": Provide(provide_once),
        "period": Provide(provide_period),
        "recent_period": Provide(period_provider(parts.clock)),
        "history": Provide(provide_history),
        "telemetry": _always(parts.telemetry),
        "last_states": _always(LastStates(parts.telemetry, parts.clock, parts.offline_after_s)),
        "feed": _always(PositionFeed(parts.telemetry, parts.durable_up_to)),
        "sign_in": _always(parts.sign_in),
        "passwords": _always(parts.passwords),
        "parts": _always(parts),
    }


def _work_provider(parts: AppParts) -> Callable[..., WorkGenerator]:
    """One request is one transaction: committed when the route has answered, or not at all."""

    async def provide_work(request: Request[Identity, Any, Any]) -> WorkGenerator:
        identity = request.user
        async with parts.database.transaction(identity.scope) as connection:
            work = Work(
                connection=connection,
                scope=identity.scope,
                who=identity.who,
                clock=parts.clock,
                make_id=parts.make_id,
                notice=parts.notice,
            )
            yield work
        work.announce()

    return provide_work


def _always(value: T) -> Provide:
    def provide() -> T:
        return value

    provide.__annotations__["return"] = type(value)
    return Provide(provide, sync_to_thread=False)
