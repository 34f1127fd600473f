"""Datagrams: each is decoded by itself, and answered once its positions are durable."""

import asyncio
from typing import cast

from milepost.domain.message import Message
from milepost.errors import Forbidden, MilepostError, NotFound, ProtocolError
from milepost.gateway.addresses import Address
from milepost.gateway.deliveries import Deliveries
from milepost.gateway.gate import Complaint, Gate, complain, reason_of
from milepost.protocols.contract import Codec, CodecContext, DeviceProtocol

Peer = tuple[str, int]


class DatagramListener(asyncio.DatagramProtocol):
    """One protocol's UDP port.

    A datagram that cannot be taken now is dropped without an answer: the device sends it again.
    A codec lives as long as its datagram, so wrong checksums cannot be let through by device; of
    our protocols those that come by UDP have no checksum there.
    """

    def __init__(self, gate: Gate, protocol: DeviceProtocol) -> None:
        self._gate = gate
        self._protocol = protocol
        self._traffic = gate.metrics.traffic(protocol.name, "udp")
        self._deliveries = Deliveries(gate, protocol.name, self._traffic)
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
        address = self._gate.addresses.get(peer[0], now_s)
        if self._gate.valve.saturated or not address.messages.take(now_s):
            self._traffic.count_error("too_many_messages")
            return
        codec = self._protocol.codec(CodecContext("udp"))
        try:
            messages = codec.receive(data, self._gate.clock_ms())
        except ProtocolError as error:
            self._complain(error, address, None, data)
            return
        for message in messages:
            self._deliver(codec, message, peer, address)

    def _deliver(self, codec: Codec, message: Message, peer: Peer, address: Address) -> None:
        def answer(error: Exception | None) -> None:
            if error is None:
                self._send(codec.acknowledge(message), peer)
                return
            self._complain(error, address, message.unique_id)
            if isinstance(error, NotFound | Forbidden):
                self._send(codec.refuse(message), peer)

        self._deliveries.deliver((message,), address.text, answer)

    def _send(self, data: bytes, peer: Peer) -> None:
        if data and not self._transport.is_closing():
            self._transport.sendto(data, peer)

    def _complain(
        self, error: Exception, address: Address, device: str | None, head: bytes = b""
    ) -> None:
        reason = reason_of(error) if isinstance(error, MilepostError) else "not_stored"
        self._traffic.count_error(reason)
        complaint = Complaint(reason, self._protocol.name, "udp", str(error), device, head)
        complain(address, self._loop.time(), complaint)
