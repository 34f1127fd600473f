"""Hands over the messages of devices that come without a connection (UDP, HTTP, MQTT)."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

import structlog

from milepost.domain.device_access import Caller
from milepost.domain.message import Message
from milepost.errors import MilepostError, ProtocolError, Unavailable
from milepost.features.frames.log import Tap
from milepost.gateway.admission import Admitted
from milepost.gateway.context import GatewayContext
from milepost.gateway.decoding import Arrival
from milepost.gateway.intake import OnDurable
from milepost.gateway.metrics import Traffic

log = structlog.get_logger(__name__)

REMEMBERED_DEVICES = 100_000
MAX_OPENING = 10_000

Hear = Callable[[Admitted, Message], None]


class Delivery:
    """The messages of one datagram, request or publish: stored together or reported as not."""

    __slots__ = (
        "_again",
        "_arrival",
        "_deliveries",
        "_error",
        "_hear",
        "_heard",
        "_left",
        "_on_result",
        "_source",
        "_tap",
    )

    def __init__(
        self,
        deliveries: "Deliveries",
        arrival: Arrival,
        source: str,
        on_result: OnDurable,
        hear: Hear,
    ) -> None:
        self._deliveries = deliveries
        self._hear = hear
        self._arrival = arrival
        self._source = source
        self._on_result = on_result
        self._again = True
        self._heard = False
        self._tap: Tap | None = None

    @property
    def messages(self) -> Sequence[Message]:
        """What it holds, as far as it could be read."""
        return self._arrival.messages

    def submit(self, admitted: Mapping[str, Admitted], received_ms: int) -> None:
        """Hand over the positions; the devices are those that the messages name."""
        self._error: Exception | None = None
        try:
            shares = self._shares(admitted)
        except ProtocolError as error:
            self._pour(admitted, error)
            self.fail(error)
            return
        self._left = 1 + sum(bool(message.positions) for _, message in shares)
        for device, message in shares:
            if message.positions:
                device.accept(message.positions, received_ms, self._settle)
        if self._error is None and not self._heard:
            # Once, though it may have to be handed over twice.
            self._heard = True
            self._deliveries.count_refused(self._arrival)
            for device, message in shares:
                self._hear(device, message)
            self._pour(admitted, self._arrival.messages)
        self._settle(None)

    def _pour(
        self, admitted: Mapping[str, Admitted], outcome: Sequence[Message] | ProtocolError
    ) -> None:
        """Keep what came if the device's bytes are kept; what several sent is nobody's alone."""
        if len(admitted) != 1:
            return
        arrival = self._arrival
        (device,) = admitted.values()
        self._tap = device.tap(arrival.transport, self._source)
        if self._tap is not None:
            self._tap.came(arrival.received_ms, arrival.raw, outcome)

    def _pour_answers(self) -> None:
        if self._tap is None:
            return
        for answer in filter(None, self._arrival.answers()):
            self._tap.went(self._arrival.received_ms, answer)

    def _shares(self, admitted: Mapping[str, Admitted]) -> list[tuple[Admitted, Message]]:
        """Whose positions are whose, read as the first of the devices is set."""
        first = next(iter(admitted.values()), None)
        if first is not None:
            self._arrival.settle(first)
        shares = []
        for message in self._arrival.messages:
            device = admitted.get(message.unique_id or "")
            if device is None:
                raise self._deliveries.nameless
            shares.append((device, message))
        return shares

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
        if self._error is None:
            self._pour_answers()
        self._on_result(self._error)

    def fail(self, error: Exception) -> None:
        """Nothing was handed over."""
        self._on_result(error)


class Deliveries:
    """Remembers the devices that were let in, and opens those that are new."""

    def __init__(self, context: GatewayContext, protocol: str, traffic: Traffic) -> None:
        self._context = context
        self._protocol = protocol
        self._traffic = traffic
        self._admitted: OrderedDict[str, Admitted] = OrderedDict()
        self._opening: set[asyncio.Task[None]] = set()

    def deliver(
        self, arrival: Arrival, source: str, on_result: OnDurable, hear: Hear = lambda *_: None
    ) -> None:
        """Store the arrival's positions; `on_result` comes once, later or at once.

        `hear` is told of each message once it is known whose it is.

        Its error is a ProtocolError where a message does not say whose it is or is not as its
        device is set, NotFound, Forbidden (NotAllowed) or RateLimited where the device may not come
        in, Unavailable where nothing was stored.
        """
        delivery = Delivery(self, arrival, source, on_result, hear)
        messages = arrival.messages
        self._traffic.frames += len(messages)
        self._traffic.positions += sum(len(message.positions) for message in messages)
        try:
            known = self._all_known(messages, source)
        except MilepostError as error:
            delivery.fail(error)
            return
        if known is None:
            self._open(delivery, source)
        else:
            delivery.submit(known, self._context.clock_ms())

    def reopen(self, delivery: Delivery, source: str) -> None:
        """Open the delivery's devices anew and try again."""
        for message in delivery.messages:
            self._admitted.pop(message.unique_id or "", None)
        self._open(delivery, source)

    def count_refused(self, arrival: Arrival) -> None:
        """Values of a known device that cannot be."""
        self._traffic.count_refused(arrival.codec.refused)

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
            admitted = {}
            for message in delivery.messages:
                device = await self._admit(message, source)
                admitted[device.unique_id] = device
        except MilepostError as error:
            delivery.fail(error)
        except Exception as error:
            log.exception("gateway.internal", protocol=self._protocol, address=source)
            self._traffic.count_error("internal")
            delivery.fail(error)
        else:
            delivery.submit(admitted, self._context.clock_ms())

    def _all_known(self, messages: Sequence[Message], source: str) -> dict[str, Admitted] | None:
        """The devices of the messages; None where one of them has to be opened."""
        known = {}
        for message in messages:
            device = self._known(message)
            if device is None:
                return None
            self._context.admission.check(device, self._caller(message, source))
            known[device.unique_id] = device
        return known

    def _caller(self, message: Message, source: str) -> Caller:
        return Caller(self._protocol, source, message.secret)

    def _known(self, message: Message) -> Admitted | None:
        device = self._admitted.get(message.unique_id or "")
        return None if device is None or device.is_stale() else device

    @property
    def nameless(self) -> ProtocolError:
        """What is wrong with a message that names no device."""
        return ProtocolError(self._protocol, "the message does not say whose it is")

    async def _admit(self, message: Message, source: str) -> Admitted:
        unique_id = message.unique_id
        if unique_id is None:
            raise self.nameless
        admitted = self._known(message)
        caller = self._caller(message, source)
        if admitted is not None:
            self._context.admission.check(admitted, caller)
            return admitted
        admitted = await self._context.admission.admit(unique_id, caller)
        self._admitted[unique_id] = admitted
        self._compare(admitted, source)
        if len(self._admitted) > REMEMBERED_DEVICES:
            self._admitted.popitem(last=False)
        return admitted

    def _compare(self, device: Admitted, source: str) -> None:
        """A device at another port than it is registered for is let in, and noted."""
        if device.registered_protocol != self._protocol:
            self._traffic.count_oddity("other_protocol")
            log.warning(
                "gateway.other_protocol",
                protocol=self._protocol,
                address=source,
                device=device.unique_id,
                detail=f"it is registered for {device.registered_protocol}",
            )
