"""Devices that publish to an MQTT broker: a client of that broker with a persistent session.

A publish of QoS 1 is acknowledged to the broker (PUBACK) after the durable write, in the order of
arrival, as MQTT demands. MQTT has no negative acknowledgement: when a write fails the client
disconnects without acknowledging and connects again, and the broker delivers everything that was
not acknowledged once more. What can never be stored (not of the protocol, an unknown device) is
logged and acknowledged, or it would come back for ever. A publish of QoS 0 has no acknowledgement
at all, and one of QoS 2 is received as QoS 1, because that is what we subscribe with.
"""

import asyncio
import random
import ssl
from collections.abc import Mapping
from functools import partial
from urllib.parse import unquote, urlsplit

import aiomqtt
import msgspec
import structlog
from aiomqtt.client import MessagesIterator

from milepost.domain.message import Message
from milepost.errors import (
    InvalidInput,
    MilepostError,
    NotShown,
    ProtocolError,
    RateLimited,
    Unavailable,
)
from milepost.gateway.admission import Admitted
from milepost.gateway.context import Complaint, GatewayContext, complain, reason_of
from milepost.gateway.decoding import Arrival
from milepost.gateway.deliveries import Deliveries
from milepost.gateway.in_order import InOrder
from milepost.gateway.metrics import Traffic
from milepost.gateway.presence import Visit
from milepost.protocols.contract import DeviceProtocol, Publish

log = structlog.get_logger(__name__)

MAX_QUEUED = 10_000
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


class Broker(msgspec.Struct, frozen=True):
    """Where a broker is and how to sign in. `client_id` names the persistent session there."""

    host: str
    port: int
    tls: bool
    client_id: str
    user: str | None = None
    password: str | None = None


def parse_broker(url: str, client_id: str) -> Broker:
    """The broker behind `mqtt://[user:password@]host[:1883]` or `mqtts://…[:8883]`.

    Raises:
        InvalidInput: the scheme is another, there is no host, or the port is no number.
    """
    wrong = InvalidInput(
        "MILEPOST_MQTT_URL", NotShown(), "mqtt://[user:password@]host[:port] or mqtts://…"
    )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # it repeats a part of the URL, which may be one of the password
        raise wrong from None
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise wrong
    tls = parts.scheme == "mqtts"
    return Broker(
        parts.hostname,
        port or (8883 if tls else 1883),
        tls,
        client_id,
        None if parts.username is None else unquote(parts.username),
        None if parts.password is None else unquote(parts.password),
    )


class _Client(aiomqtt.Client):
    """aiomqtt acknowledges a publish before anybody has seen it; this one when it is told to."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(
            broker.host,
            broker.port,
            username=broker.user,
            password=broker.password,
            identifier=broker.client_id,
            clean_session=False,
            max_queued_incoming_messages=MAX_QUEUED,
            tls_context=ssl.create_default_context() if broker.tls else None,
        )
        self._client.manual_ack_set(on=True)

    def acknowledge(self, message: aiomqtt.Message) -> None:
        """Tell the broker that it may forget the message."""
        self._client.ack(message.mid, message.qos)


class MqttListener:
    """Takes the protocols' topics from one broker until it is cancelled."""

    def __init__(
        self, context: GatewayContext, broker: Broker, protocols: Mapping[str, DeviceProtocol]
    ) -> None:
        self._context = context
        self._broker = broker
        self._protocols = [each for each in protocols.values() if "mqtt" in each.transports]
        self._traffic: dict[str, Traffic] = {
            each.name: context.metrics.traffic(each.name, "mqtt") for each in self._protocols
        }
        self._deliveries = {
            name: Deliveries(context, name, traffic) for name, traffic in self._traffic.items()
        }
        self._filters = [
            (aiomqtt.Wildcard(topic), each) for each in self._protocols for topic in each.topics
        ]
        self._source = f"{broker.host}:{broker.port}"
        self.connected = asyncio.Event()

    async def run(self) -> None:
        """Stay connected; come back with growing, jittered pauses."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await self._serve()
            except (aiomqtt.MqttError, Unavailable, OSError) as error:
                was_connected = self.connected.is_set()
                self.connected.clear()
                self._count("broker")
                pause_s = FIRST_PAUSE_S if was_connected else min(2 * pause_s, LONGEST_PAUSE_S)
                log.warning("gateway.broker", broker=self._source, detail=str(error))
            except Exception:
                self.connected.clear()
                log.exception("gateway.internal", broker=self._source)
                self._count("internal")
            # Full jitter: gateways that lost one broker together do not come back together.
            await asyncio.sleep(random.uniform(0.1 * pause_s, pause_s))  # noqa: S311

    async def _serve(self) -> None:
        async with _Client(self._broker) as client:
            await client.subscribe([(str(each), 1) for each, _ in self._filters])
            self.connected.set()
            log.info("gateway.broker_connected", broker=self._source)
            failed: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
            answers = InOrder(client.acknowledge, lambda _message, error: _set(failed, error))
            failed.add_done_callback(lambda _failed: reading.cancel())
            reading = asyncio.create_task(self._read(client.messages, answers))
            try:
                await asyncio.wait({reading})
                if failed.done():
                    raise Unavailable("the store", str(failed.result()))
                await reading
            finally:
                answers.close()
                reading.cancel()
                failed.cancel()

    async def _read(self, messages: MessagesIterator, answers: InOrder[aiomqtt.Message]) -> None:
        async for message in messages:
            self._receive(message, answers)
            if self._context.valve.saturated:
                drained = asyncio.Event()
                self._context.valve.on_drain(drained.set)
                await drained.wait()

    def _receive(self, message: aiomqtt.Message, answers: InOrder[aiomqtt.Message]) -> None:
        protocol = next((each for topic, each in self._filters if message.topic.matches(topic)))
        settle = answers.expect(message)
        payload = bytes(message.payload) if isinstance(message.payload, bytes | bytearray) else b""
        publish = Publish(message.topic.value, payload)

        def on_result(error: Exception | None) -> None:
            if error is None:
                settle(None)
            elif isinstance(error, MilepostError) and not isinstance(error, Unavailable):
                self._complain(protocol.name, message, error, payload)
                settle(None)
            else:
                settle(error)

        try:
            arrival = Arrival(protocol, "mqtt", publish, self._context.clock_ms())
        except ProtocolError as error:
            on_result(error)
            return
        self._deliveries[protocol.name].deliver(
            arrival, self._source, on_result, partial(self._visit, protocol.name)
        )

    def _visit(self, protocol: str, device: Admitted, _message: Message) -> None:
        """The publish speaks for the device; a connection that does too goes on."""
        now_s = asyncio.get_running_loop().time()
        takeover = self._context.presence.visit(device, Visit(self._source, now_s))
        if takeover is None or not takeover.is_clash:
            return
        self._traffic[protocol].count_oddity("identity_clash")
        note = Complaint("identity_clash", protocol, "mqtt", takeover.detail, device.unique_id)
        complain(self._context.addresses.get(self._source, now_s), now_s, note)

    def _complain(
        self, protocol: str, message: aiomqtt.Message, error: MilepostError, payload: bytes
    ) -> None:
        reason = reason_of(error)
        self._traffic[protocol].count_error(reason)
        now_s = asyncio.get_running_loop().time()
        # Each topic has its own share of the log: they all come from one address, the broker's.
        address = self._context.addresses.get(f"{self._source} {message.topic}", now_s)
        head = b"" if isinstance(error, RateLimited) else payload
        complain(address, now_s, Complaint(reason, protocol, "mqtt", str(error), None, head))

    def _count(self, reason: str) -> None:
        for traffic in self._traffic.values():
            traffic.count_error(reason)


def _set(future: "asyncio.Future[Exception]", error: Exception) -> None:
    if not future.done():
        future.set_result(error)
