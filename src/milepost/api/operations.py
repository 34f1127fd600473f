"""For those who run the server: is it alive, is it ready, what does it measure."""

import asyncio

import msgspec
from litestar import get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from milepost.api.parts import AppParts, DemoCredentials, Ping
from milepost.errors import Unavailable
from milepost.features.wire import Wire

# An engine that takes longer than this to say that it is there is not there.
_PING_TIMEOUT_S = 5.0


class Health(msgspec.Struct, frozen=True):
    """The process serves requests."""

    status: str


class Readiness(msgspec.Struct, frozen=True):
    """Every engine answers."""

    status: str
    engines: dict[str, str]


class PublicConfig(Wire, frozen=True):
    """What the web app must know before anyone has signed in."""

    version: str
    map_style_url: str | None
    demo: DemoCredentials | None


@get("/healthz", operation_id="getHealth", tags=["Operations"])
async def get_health() -> Health:
    """Whether the process serves requests; says nothing about the engines."""
    return Health("ok")


@get("/readyz", operation_id="getReadiness", tags=["Operations"])
async def get_readiness(parts: NamedDependency[AppParts]) -> Readiness:
    """Whether every engine answers; 503 if one does not."""
    answers = await asyncio.gather(*(_ping(ping) for ping in parts.pings.values()))
    silent = [answer for answer in answers if answer is not None]
    if silent:
        raise Unavailable("the server", "; ".join(silent))
    return Readiness("ok", dict.fromkeys(parts.pings, "ok"))


async def _ping(ping: Ping) -> str | None:
    try:
        async with asyncio.timeout(_PING_TIMEOUT_S):
            await ping()
    except Unavailable as error:
        return str(error)
    except TimeoutError:
        return f"no answer within {_PING_TIMEOUT_S:.0f} s"
    return None


@get(
    "/metrics",
    operation_id="getMetrics",
    tags=["Operations"],
    media_type=CONTENT_TYPE_LATEST,
)
async def get_metrics(parts: NamedDependency[AppParts]) -> bytes:
    """The metrics in Prometheus' text format."""
    return generate_latest(parts.registry)


@get("/config", operation_id="getConfig", tags=["Operations"])
async def get_config(parts: NamedDependency[AppParts]) -> PublicConfig:
    """What the web app must know before anyone has signed in."""
    return PublicConfig(version=parts.version, map_style_url=parts.map_style_url, demo=parts.demo)
