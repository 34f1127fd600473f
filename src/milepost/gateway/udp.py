"""Datagrams: each is decoded by itself, and answered once its positions are durable."""

import asyncio
from collections.abc import Sequence
from typing import cast

from milepost.domain.message import Message
from milepost.errors import Forbidden, MilepostError, NotFound, ProtocolError
from milepost.gateway.addresses import Address
from milepost.gateway.admission import Admitted
from milepost.gateway.context import Complaint, GatewayContext, complain, reason_of
from milepost.gateway.decoding import Arrival
from milepost.gateway.deliveries import Deliveries
from milepost.gateway.lines import DatagramLine
from milepost.protocols.contract import DeviceProtocol

Peer = tuple[str, int]


class DatagramListener(asyncio.DatagramProtocol):
    """One protocol's UDP port.

    A datagram that cannot be taken now is dropped without an answer: the device sends it again.
    It is answered as a whole, once all of it is stored.
    """

    def __init__(self, context: GatewayContext, protocol: DeviceProtocol) -> None:
        self._context = context
        self._protocol = protocol
        self._traffic = context.metrics.traffic(protocol.name, "udp")
        self._deliveries = Deliveries(context, protocol.name, self._traffic)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The port is open."""
        transport = cast(asyncio.DatagramTransport, transport)  # uvloop has a class of its own
        self._transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        """The port is closed."""
        self._deliveries.close()

    def datagram_received(self, data: bytes, peer: Peer) -> None:
        """Decode, hand over, answer."""
        now_s = self._loop.time()
        address = self._context.addresses.get(peer[0], now_s)
        if self._context.valve.saturated or not address.messages.take(now_s):
            self._traffic.count_error("too_many_messages")
            return
        try:
            arrival = Arrival(self._protocol, "udp", data, self._context.clock_ms())
        except ProtocolError as error:
            self._complain(error, address, None, data)
            return
        if arrival.messages:
            self._deliver(arrival, peer, address)

    def _deliver(self, arrival: Arrival, peer: Peer, address: Address) -> None:
        def answer(error: Exception | None) -> None:
            if error is None:
                self._send(arrival.answers(), peer)
                return
            self._complain(error, address, arrival.messages[0].unique_id)
            if isinstance(error, NotFound | Forbidden):
                self._send(arrival.refusals(), peer)

        def hear(device: Admitted, message: Message) -> None:
            self._claim(device, message, peer, address)

        self._deliveries.deliver(arrival, address.text, answer, hear)

    def _claim(self, device: Admitted, message: Message, peer: Peer, address: Address) -> None:
        now_s, presence = self._loop.time(), self._context.presence
        line = DatagramLine(self._transport, peer, self._protocol, message.token, now_s)
        takeover = presence.claim(device, line, now_s)
        line.said.hear(message.positions, self._context.clock_ms())
        if takeover is not None and takeover.is_clash:
            self._traffic.count_oddity("identity_clash")
            note = Complaint(
                "identity_clash", self._protocol.name, "udp", takeover.detail, device.unique_id
            )
            complain(address, now_s, note)
        if device.unique_id in presence.followed:
            presence.signal(device.unique_id, message)
            presence.signal(device.unique_id, None)

    def _send(self, answers: Sequence[bytes], peer: Peer) -> None:
        for data in answers:
            if data and not self._transport.is_closing():
                self._transport.sendto(data, peer)

    def _complain(
        self, error: Exception, address: Address, device: str | None, head: bytes = b""
    ) -> None:
        reason = reason_of(error) if isinstance(error, MilepostError) else "not_stored"
        self._traffic.count_error(reason)
        complaint = Complaint(reason, self._protocol.name, "udp", str(error), device, head)
        complain(address, self._loop.time(), complaint)
