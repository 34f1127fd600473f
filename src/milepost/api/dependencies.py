"""What routes ask for by name: the request's transaction, and the long-lived objects."""

from typing import TypeVar

from litestar.di import Provide

from milepost.api.parts import AppParts
from milepost.api.readiness import ReadinessCheck
from milepost.api.transactions import own_work_provider, work_provider
from milepost.features.commands.service import CommandRules
from milepost.features.history import provide_history
from milepost.features.idempotency.once import provide_once
from milepost.features.periods import period_provider, provide_period
from milepost.features.positions.feed import PositionFeed
from milepost.features.vehicles.last_states import LastStates

T = TypeVar("T")


def dependencies(parts: AppParts) -> dict[str, Provide]:
    """The dependencies of all routes by the name of the parameter that takes them."""
    last_states = LastStates(
        parts.telemetry, parts.newest_state, parts.clock, parts.offline_after_s
    )
    rules = CommandRules(parts.protocols, parts.confirmations, last_states, parts.line_sighting)
    return {
        "work": Provide(work_provider(parts)),
        "own_work": Provide(own_work_provider(parts)),
        "once": Provide(provide_once),
        "period": Provide(provide_period),
        "recent_period": Provide(period_provider(parts.clock)),
        "history": Provide(provide_history),
        "telemetry": _always(parts.telemetry),
        "last_states": _always(last_states),
        "feed": _always(PositionFeed(parts.telemetry, parts.durable_up_to)),
        "command_rules": _always(rules),
        "confirmations": _always(parts.confirmations),
        "protocols": _always(parts.protocols),
        "frame_log": _always(parts.frame_log),
        "sign_in": _always(parts.accounts.sign_in),
        "sessions": _always(parts.accounts.sessions),
        "proofs": _always(parts.accounts.proofs),
        "password_resets": _always(parts.accounts.password_resets),
        "passwords": _always(parts.accounts.proofs.passwords),
        "readiness": _always(ReadinessCheck(parts.pings)),
        "exposition": _always(parts.exposition),
        "parts": _always(parts),
    }


def _always(value: T) -> Provide:
    def provide() -> T:
        return value

    provide.__annotations__["return"] = type(value)
    return Provide(provide, sync_to_thread=False)
