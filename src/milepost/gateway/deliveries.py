"""Hands over the messages of devices that come without a connection (UDP, HTTP, MQTT)."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

import structlog

from milepost.domain.message import Message
from milepost.errors import MilepostError, ProtocolError, Unavailable
from milepost.gateway.admission import Admitted
from milepost.gateway.gate import Gate
from milepost.gateway.intake import OnDurable
from milepost.gateway.metrics import Traffic

log = structlog.get_logger(__name__)

REMEMBERED_DEVICES = 100_000
MAX_OPENING = 10_000


class Delivery:
    """The messages of one datagram, request or publish: stored together or reported as not."""

    __slots__ = ("_again", "_deliveries", "_error", "_left", "_on_result", "_source", "messages")

    def __init__(
        self,
        deliveries: "Deliveries",
        messages: Sequence[Message],
        source: str,
        on_result: OnDurable,
    ) -> None:
        self._deliveries = deliveries
        self.messages = messages
        self._source = source
        self._on_result = on_result
        self._again = True

    def submit(self, admitted: Sequence[Admitted], received_ms: int) -> None:
        """Hand over the positions; the devices are those of the messages, one each."""
        self._error: Exception | None = None
        self._left = 1 + sum(bool(message.positions) for message in self.messages)
        for message, device in zip(self.messages, admitted, strict=True):
            if message.positions:
                device.accept(message.positions, received_ms, self._settle)
        self._settle(None)

    def _settle(self, error: Exception | None) -> None:
        self._error = self._error or error
        self._left -= 1
        if self._left:
            return
        if isinstance(self._error, Unavailable) and self._again:
            # A device that was edited, or whose last positions were not stored, has to be opened
            # again; a peer without a connection cannot know, so do it for it, once.
            self._again = False
            self._deliveries.reopen(self, self._source)
            return
        self._on_result(self._error)

    def fail(self, error: Exception) -> None:
        """Nothing was handed over."""
        self._on_result(error)


class Deliveries:
    """Remembers the devices that were let in, and opens those that are new."""

    def __init__(self, gate: Gate, protocol: str, traffic: Traffic) -> None:
        self._gate = gate
        self._protocol = protocol
        self._traffic = traffic
        self._admitted: OrderedDict[str, Admitted] = OrderedDict()
        self._opening: set[asyncio.Task[None]] = set()

    def deliver(self, messages: Sequence[Message], source: str, on_result: OnDurable) -> None:
        """Store the messages' positions; `on_result` comes once, later or at once.

        Its error is a ProtocolError where a message does not say whose it is, NotFound, Forbidden
        or RateLimited where the device may not come in, Unavailable where nothing was stored.
        """
        delivery = Delivery(self, messages, source, on_result)
        self._traffic.frames.inc(len(messages))
        self._traffic.positions.inc(sum(len(message.positions) for message in messages))
        admitted = [self._admitted.get(message.unique_id or "") for message in messages]
        known = [device for device in admitted if device is not None]
        if len(known) == len(messages):
            delivery.submit(known, self._gate.clock_ms())
        else:
            self._open(delivery, source)

    def reopen(self, delivery: Delivery, source: str) -> None:
        """Open the delivery's devices anew and try again."""
        for message in delivery.messages:
            self._admitted.pop(message.unique_id or "", None)
        self._open(delivery, source)

    def close(self) -> None:
        """Give up what is being opened."""
        for task in self._opening:
            task.cancel()

    def _open(self, delivery: Delivery, source: str) -> None:
        if len(self._opening) >= MAX_OPENING:
            delivery.fail(Unavailable("the gateway", "too many devices are being opened"))
            return
        task = asyncio.get_running_loop().create_task(self._open_all(delivery, source))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open_all(self, delivery: Delivery, source: str) -> None:
        try:
            admitted = [await self._admit(message, source) for message in delivery.messages]
        except MilepostError as error:
            delivery.fail(error)
        except Exception as error:
            log.exception("gateway.internal", protocol=self._protocol, address=source)
            self._traffic.count_error("internal")
            delivery.fail(error)
        else:
            delivery.submit(admitted, self._gate.clock_ms())

    async def _admit(self, message: Message, source: str) -> Admitted:
        unique_id = message.unique_id
        if unique_id is None:
            raise ProtocolError(self._protocol, "the message does not say whose it is")
        admitted = self._admitted.get(unique_id)
        if admitted is None:
            admitted = await self._gate.admission.admit(unique_id, self._protocol, source)
            self._admitted[unique_id] = admitted
            if len(self._admitted) > REMEMBERED_DEVICES:
                self._admitted.popitem(last=False)
        return admitted
