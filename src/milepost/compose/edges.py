"""Opens what the network reaches by HTTP: the web port and the operations port."""

import asyncio
import time
from contextlib import AsyncExitStack

import structlog
from litestar import Litestar

from milepost.api.client_address import TrustedProxies, parse_networks
from milepost.api.connections import WebLimits
from milepost.api.loop_watch import LoopWatch
from milepost.api.operations_port import OperationsApp, OperationsPort
from milepost.api.parts import AppParts
from milepost.api.readiness import ReadinessCheck
from milepost.api.web_server import listening_socket, serving
from milepost.errors import Unavailable
from milepost.live.hub import Hub
from milepost.settings import Settings

log = structlog.get_logger(__name__)

CLOSE_VIEWERS_WITHIN_S = 0.2
DEFAULT_OPS_PORT_ABOVE = 1000


async def serve_http(stack: AsyncExitStack, settings: Settings, app: Litestar, hub: Hub) -> None:
    """Open the web port; the stack closes it, and tells the viewers before that.

    Raises:
        Unavailable: the port is taken.
        InvalidInput: a setting cannot be used.
    """
    limits = WebLimits(
        connections=settings.web_connections,
        connections_per_address=settings.web_connections_per_address,
        idle_s=settings.web_idle_s,
        head_s=settings.web_head_s,
        body_s=settings.web_body_s,
        unread_s=settings.web_unread_s,
    )
    proxies = TrustedProxies(parse_networks(settings.trusted_proxies), settings.forwarded_header)
    bound = listening_socket(settings.host, settings.port, "web port")
    await stack.enter_async_context(serving(app, bound, limits, proxies))

    async def let_viewers_go() -> None:
        hub.close()
        # Viewers get their close frame, with the reason, before their connections go.
        await asyncio.sleep(CLOSE_VIEWERS_WITHIN_S)

    stack.push_async_callback(let_viewers_go)


async def serve_operations(stack: AsyncExitStack, settings: Settings, parts: AppParts) -> None:
    """Open the operations port; without one where nobody asked for it and the default is taken.

    Raises:
        Unavailable: the port of the setting is taken.
    """
    port = settings.ops_port or _default_ops_port(settings.port)
    try:
        bound = listening_socket(settings.ops_host, port, "operations port")
    except Unavailable as error:
        if settings.ops_port is not None:
            raise
        log.warning("operations_port.none", error=str(error), remedy="set MILEPOST_OPS_PORT")
        return
    watch = LoopWatch(time.monotonic)
    watching = asyncio.create_task(watch.run())
    stack.callback(watching.cancel)
    app = OperationsApp(
        asyncio.get_running_loop(),
        watch,
        ReadinessCheck(parts.pings),
        parts.exposition,
        settings.stall_after_s,
    )
    operations = OperationsPort(app, bound)
    await operations.open()
    stack.push_async_callback(operations.close)


def _default_ops_port(web_port: int) -> int:
    above = web_port + DEFAULT_OPS_PORT_ABOVE
    return above if above <= 65535 else web_port - DEFAULT_OPS_PORT_ABOVE
