"""For those who run the server: is it alive, is it ready, what does it measure."""

import asyncio

import msgspec
from litestar import get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST

from milepost.api.exposition import Exposition
from milepost.api.parts import AppParts, DemoCredentials
from milepost.api.readiness import Readiness, ReadinessCheck
from milepost.features.wire import Wire


class Health(msgspec.Struct, frozen=True):
    """The process serves requests."""

    status: str


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
async def get_readiness(readiness: NamedDependency[ReadinessCheck]) -> Readiness:
    """Whether every engine answers; 503 if one does not."""
    return await readiness.ask()


@get(
    "/metrics",
    operation_id="getMetrics",
    tags=["Operations"],
    media_type=CONTENT_TYPE_LATEST,
)
async def get_metrics(exposition: NamedDependency[Exposition]) -> bytes:
    """The metrics in Prometheus' text format."""
    return await asyncio.to_thread(exposition.text)


@get("/config", operation_id="getConfig", tags=["Operations"])
async def get_config(parts: NamedDependency[AppParts]) -> PublicConfig:
    """What the web app must know before anyone has signed in."""
    return PublicConfig(version=parts.version, map_style_url=parts.map_style_url, demo=parts.demo)
