"""Opens every port of every protocol, and closes them in an orderly way."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Protocol

import structlog

from milepost.errors import PortNotOpened
from milepost.features.frames.log import FrameLog
from milepost.gateway.addresses import Addresses
from milepost.gateway.admission import Admission
from milepost.gateway.context import GatewayContext
from milepost.gateway.http import HttpListening
from milepost.gateway.intake import AnySession, Ingest
from milepost.gateway.limits import Limits
from milepost.gateway.metrics import GatewayMetrics
from milepost.gateway.mqtt import Broker, MqttListener
from milepost.gateway.presence import Presence
from milepost.gateway.tcp import Listening
from milepost.gateway.udp import DatagramListener
from milepost.protocols.contract import DeviceProtocol, Transport

log = structlog.get_logger(__name__)

BACKLOG = 4096
ANSWER_ROUND_S = 0.01
ANSWER_ROUNDS = 500


class Connection(Protocol):
    """What the listeners do with a connection, be it TCP or HTTP."""

    def close_if_overdue(self, now_s: float) -> None:
        """Close it if it has used up one of its times."""
        ...

    @property
    def unanswered(self) -> int:
        """What waits for the store."""
        ...

    def stop_reading(self) -> None:
        """Take nothing more."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Gateway:
    """The open listeners. `ports` says where each protocol's transport listens."""

    def __init__(self, context: GatewayContext) -> None:
        self.context = context
        self.ports: dict[tuple[str, Transport], int] = {}
        self.listenings: list[Listening | HttpListening] = []
        self.servers: list[asyncio.Server] = []
        self.mqtt: MqttListener | None = None

    def connections(self) -> list[Connection]:
        """All open connections."""
        return [each for listening in self.listenings for each in listening.connections]


@asynccontextmanager
async def open_gateway(  # noqa: PLR0913 - each is one thing that composition knows
    ingest: Ingest[AnySession],
    protocols: Mapping[str, DeviceProtocol],
    *,
    host: str,
    port_offset: int,
    clock_ms: Callable[[], int],
    metrics: GatewayMetrics,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    broker: Broker | None = None,
    presence: Presence | None = None,
    frame_log: FrameLog | None = None,
) -> AsyncIterator[Gateway]:
    """Listen on the port of each protocol plus the offset; at the end answer what was taken.

    Raises:
        PortNotOpened: a port is in use or may not be bound; the message names it and its protocol.
    """
    admission = Admission(ingest, limits, frame_log)
    presence = presence or Presence()
    context = GatewayContext(
        admission, ingest, limits, Addresses(limits), presence, metrics, clock_ms
    )
    gateway = Gateway(context)
    async with AsyncExitStack() as stack:
        for protocol in protocols.values():
            await _open_ports(gateway, protocol, host, port_offset, stack)
        await _run_in_background(_watch_times(gateway), stack)
        if broker is not None:
            gateway.mqtt = MqttListener(context, broker, protocols)
            await _run_in_background(gateway.mqtt.run(), stack)
        stack.push_async_callback(_answer_and_close, gateway)
        yield gateway


async def _open_ports(
    gateway: Gateway, protocol: DeviceProtocol, host: str, offset: int, stack: AsyncExitStack
) -> None:
    if protocol.port is None:
        return
    port = protocol.port + offset
    for transport in protocol.transports:
        try:
            if transport == "udp":
                bound = await _open_udp(gateway, protocol, host, port, stack)
            elif transport in ("tcp", "http"):
                bound = await _open_stream(gateway, protocol, transport, host, port, stack)
            else:
                continue
        except (OSError, OverflowError) as error:
            where = f"{transport.upper()} port {port} on {host} for {protocol.title}"
            raise PortNotOpened(where, _reason(error)) from error
        gateway.ports[protocol.name, transport] = bound
        log.info("gateway.listening", protocol=protocol.name, transport=transport, port=bound)


async def _open_stream(
    gateway: Gateway,
    protocol: DeviceProtocol,
    transport: Transport,
    host: str,
    port: int,
    stack: AsyncExitStack,
) -> int:
    kind = HttpListening if transport == "http" else Listening
    listening = kind(gateway.context, protocol)
    server = await asyncio.get_running_loop().create_server(
        listening.connect, host, port, backlog=BACKLOG
    )
    gateway.listenings.append(listening)
    gateway.servers.append(server)
    stack.callback(server.close)
    return int(server.sockets[0].getsockname()[1])


async def _open_udp(
    gateway: Gateway, protocol: DeviceProtocol, host: str, port: int, stack: AsyncExitStack
) -> int:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: DatagramListener(gateway.context, protocol), (host, port)
    )
    stack.callback(transport.close)
    return int(transport.get_extra_info("sockname")[1])


def _reason(error: OSError | OverflowError) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno).lower()
    return str(error)


async def _run_in_background(work: Coroutine[None, None, None], stack: AsyncExitStack) -> None:
    task = asyncio.create_task(work)

    async def end() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)


async def _watch_times(gateway: Gateway) -> None:
    """Close what is overdue: one look at all connections costs less than a timer for each."""
    limits = gateway.context.limits
    shortest_s = min(
        limits.login_timeout_s,
        limits.frame_timeout_s,
        limits.idle_timeout_s,
        limits.write_timeout_s,
        limits.request_timeout_s,
        limits.keep_alive_s,
    )
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(min(1.0, shortest_s / 4))
        now_s = loop.time()
        for connection in gateway.connections():
            try:
                connection.close_if_overdue(now_s)
            except Exception:
                # One connection must not keep the times of all others from being looked at.
                log.exception("gateway.internal", doing="looking at the times of a connection")
                connection.close()
        gateway.context.addresses.forget_quiet(now_s)


async def _answer_and_close(gateway: Gateway) -> None:
    """Take nothing more, give the store a moment to finish, then end the connections."""
    for server in gateway.servers:
        server.close()
    connections = gateway.connections()
    for connection in connections:
        connection.stop_reading()
    for _ in range(ANSWER_ROUNDS):
        if not any(connection.unanswered for connection in connections):
            break
        await asyncio.sleep(ANSWER_ROUND_S)
    for connection in connections:
        connection.close()
    await asyncio.sleep(0)
