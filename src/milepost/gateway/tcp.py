"""A device's TCP connection: bytes in, positions handed over, acknowledgements out in order."""

import asyncio
from collections import deque
from functools import partial
from typing import cast

import structlog

from milepost.domain.device_access import Caller
from milepost.domain.message import Message
from milepost.errors import MilepostError, ProtocolError, Unavailable
from milepost.gateway import reading
from milepost.gateway.addresses import Address
from milepost.gateway.admission import Admitted
from milepost.gateway.browsers import is_request
from milepost.gateway.context import Complaint, GatewayContext, complain, reason_of
from milepost.gateway.deadlines import Deadlines
from milepost.gateway.decoding import StreamDecoding
from milepost.gateway.in_order import InOrder
from milepost.gateway.lines import StreamLine
from milepost.gateway.metrics import Traffic
from milepost.gateway.presence import LOSSES, Loss
from milepost.gateway.reading import Reading
from milepost.gateway.stream_tap import StreamTap
from milepost.protocols.contract import DeviceProtocol

log = structlog.get_logger(__name__)

# A protocol that finds its next frame again is not given for ever to do so.
MAX_BAD_IN_ROW = 10


class Listening:
    """One protocol's TCP listener: what its connections share, and which are open."""

    def __init__(self, context: GatewayContext, protocol: DeviceProtocol) -> None:
        self.context = context
        self.protocol = protocol
        self.traffic: Traffic = context.metrics.traffic(protocol.name, "tcp")
        self.connections: set[DeviceConnection] = set()

    def connect(self) -> "DeviceConnection":
        """The protocol factory for `create_server`."""
        return DeviceConnection(self)


class DeviceConnection(asyncio.Protocol):
    """One connection.

    Until the device is known nothing is handed over; then the bytes so far are decoded again as it
    is set. `_main` is the device that the connection began with or last logged in as.
    """

    def __init__(self, listening: Listening) -> None:
        self._listening = listening
        self._context = listening.context
        self.protocol = listening.protocol
        self._traffic = listening.traffic
        self._loop = asyncio.get_running_loop()
        self._decoding = StreamDecoding(listening.protocol)
        self._answers: InOrder[Message] = InOrder(self._write_answer, self._not_stored)
        self._waiting: deque[Message] = deque()
        self._main: StreamLine | None = None
        self._tap = StreamTap()
        self._lines: dict[str, StreamLine] = {}
        self._followed = listening.context.presence.followed
        self._opening: asyncio.Task[None] | None = None
        self._received_ms = 0
        self._ended = False
        self._bad_in_row = 0
        self._looked_s = 0.0
        self._address: Address | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection, or drop it if it is one too many."""
        transport = cast(asyncio.Transport, transport)  # uvloop has a class of its own
        self._transport = transport
        self._reading = Reading(transport)
        now_s = self._loop.time()
        self._times = Deadlines(now_s)
        peer = transport.get_extra_info("peername")
        address = self._context.addresses.get(peer[0] if peer else "unknown", now_s)
        refusal = self._context.addresses.enter(address, now_s)
        if refusal is not None:
            self._count_and_log("too_many_connections", refusal, address, None, b"")
            transport.abort()
            return
        self._address = address
        self._traffic.connections.inc()
        self._listening.connections.add(self)
        transport.set_write_buffer_limits(high=self._context.limits.write_buffer_bytes)

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget the connection; positions that were handed over are stored all the same."""
        if self._address is None:
            return
        self._stop()
        self._context.addresses.leave(self._address)
        self._traffic.connections.dec()
        self._listening.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Decode and handle what is complete."""
        if self._reading.is_over:
            return
        self._times.heard_s = self._loop.time()
        self._received_ms = self._context.clock_ms()
        if self._decoding.is_untouched and is_request(data):
            self._complain("browser", "an HTTP request came", head=data)
            self.close()
            return
        try:
            messages = self._decoding.receive(data, self._received_ms)
        except ProtocolError as error:
            self._tap.came(self._received_ms, data, error)
            self._bad_frame(error, data)
            return
        self._tap.came(self._received_ms, data, messages)
        if not messages:
            self._times.unfinished_since_s = self._times.unfinished_since_s or self._times.heard_s
            return
        self._times.unfinished_since_s = None
        self._bad_in_row = 0
        self._traffic.frames += len(messages)
        refused = self._decoding.take_refused()
        if refused:
            self._traffic.count_refused(refused)
        self._waiting.extend(messages)
        self._handle_waiting()
        self._slow_down(len(messages))

    def eof_received(self) -> bool:
        """The device has said all; stay until it has been answered."""
        self._ended = True
        return bool(self._answers or self._waiting)

    def pause_writing(self) -> None:
        """The device does not read its answers: take nothing more from it."""
        self._times.unread_since_s = self._loop.time()
        self._reading.pause(reading.UNREAD)

    def resume_writing(self) -> None:
        """It reads again."""
        self._times.unread_since_s = None
        self._reading.resume(reading.UNREAD)

    def close_if_overdue(self, now_s: float) -> None:
        """Close the connection if it has used up one of its times."""
        if self._times.heard_s >= self._looked_s:
            self._find_kept_error()
        self._looked_s = now_s
        due = bool(self._reading.reasons or self._answers)
        overdue = self._times.overdue(now_s, self._context.limits, we_are_due=due)
        if overdue is None:
            return
        self._complain("timeout", overdue)
        self._stop()
        self._transport.abort()

    @property
    def unanswered(self) -> int:
        """Frames that wait for the store."""
        return len(self._answers)

    @property
    def heard_s(self) -> float:
        """When anything last came."""
        return self._times.heard_s

    @property
    def address(self) -> str:
        """Where it comes from."""
        return "" if self._address is None else self._address.text

    def write(self, data: bytes) -> bool:
        """Give bytes to the socket; False if the connection ends, and nothing was sent."""
        if self._reading.is_over or self._transport.is_closing():
            return False
        self._send(data)
        return True

    def lose(self, line: StreamLine, why: Loss) -> None:
        """A line speaks for its device no more: the connection ends if it was the device's own."""
        unique_id = line.device.unique_id
        if line is self._main:
            self._note(why, LOSSES[why], unique_id)
            self.close()
        else:
            self._lines.pop(unique_id, None)

    def close(self) -> None:
        """End the connection; answers that were written still go out."""
        self._stop()
        self._transport.close()

    def stop_reading(self) -> None:
        """Take nothing more; answers still go out as the store finishes."""
        self._reading.pause(reading.CLOSING)

    def _find_kept_error(self) -> None:
        """A codec gives out the good frames of a read first, and its error when called again."""
        if self._reading.reasons:
            return
        try:
            self._decoding.receive(b"", self._received_ms)
        except ProtocolError as error:
            self._bad_frame(error, b"")

    def _handle_waiting(self) -> None:
        waiting = self._waiting
        while waiting and not self._reading.is_over:
            message = waiting[0]
            unique_id = message.unique_id
            line = self._main
            if unique_id is not None and (line is None or unique_id != line.device.unique_id):
                line = self._lines.get(unique_id)
                if line is None:
                    self._begin_opening(unique_id)
                    return
                if message.kind == "login":
                    self._main = line
            if line is not None and message.positions and line.device.is_stale():
                self._begin_opening(line.device.unique_id)
                return
            waiting.popleft()
            self._decoding.note_taken(message)
            self._take(message, line)
        if not self._reading.is_over and self._context.valve.saturated:
            self._reading.pause(reading.SATURATED)
            self._context.valve.on_drain(partial(self._reading.resume, reading.SATURATED))

    def _take(self, message: Message, line: StreamLine | None) -> None:
        positions = message.positions
        if not positions:
            self._answers.ready(message)
        elif line is None:
            reason = "positions came before the device said who it is"
            self._bad_frame(ProtocolError(self.protocol.name, reason), b"")
        else:
            self._traffic.positions += len(positions)
            line.said.hear(positions, self._received_ms)
            line.device.accept(positions, self._received_ms, self._answers.expect(message))
        if line is not None:
            line.token = message.token
            if line.device.unique_id in self._followed:
                self._context.presence.signal(line.device.unique_id, message)

    def _begin_opening(self, unique_id: str) -> None:
        self._reading.pause(reading.OPENING)
        self._opening = self._loop.create_task(self._open(unique_id))

    async def _open(self, unique_id: str) -> None:
        assert self._address is not None
        known, shown = self._line_of(unique_id), self._waiting[0].secret
        secret = shown if shown is not None or known is None else known.secret
        caller = Caller(self.protocol.name, self._address.text, secret)
        try:
            self._admit(await self._context.admission.admit(unique_id, caller), secret)
        except Unavailable as error:
            self._complain(reason_of(error), str(error), unique_id)
            self.close()
        except MilepostError as error:
            self._refuse(error, unique_id)
        except Exception:
            log.exception("gateway.internal", device=unique_id, protocol=self.protocol.name)
            self._traffic.count_error("internal")
            self.close()

    def _refuse(self, error: MilepostError, unique_id: str) -> None:
        self._complain(reason_of(error), str(error), unique_id)
        self._send(self._decoding.codec.refuse(self._waiting[0]))
        self.close()

    def _admit(self, device: Admitted, secret: str | None) -> None:
        if self._reading.is_over:
            return
        known = self._line_of(device.unique_id)
        line = known or StreamLine(self, device)
        line.device, line.secret = device, secret
        if self._main is None:
            self._main = line
            self._times.nameless_since_s = None
            self._tap.open(device, self.address)
            if not self._settle(device):
                return
        self._lines[device.unique_id] = line
        if len(self._lines) > self._context.limits.devices_per_connection:
            oldest = next(iter(self._lines))
            self._context.presence.release(oldest, self._lines.pop(oldest))
        self._handle_waiting()
        self._reading.resume(reading.OPENING)
        if known is None and not self._reading.is_over:
            self._claim(line)

    def _line_of(self, unique_id: str) -> StreamLine | None:
        main = self._main
        if main is not None and main.device.unique_id == unique_id:
            return main
        return self._lines.get(unique_id)

    def _settle(self, device: Admitted) -> bool:
        """Go on as the device is set, after the messages already taken."""
        head = self._decoding.head
        try:
            messages = self._decoding.settle(device, self._received_ms)
        except ProtocolError as error:
            self._tap.came(self._received_ms, head, error)
            self._bad_frame(error, head)
            self.close()
            return False
        if messages is not None:
            self._waiting = deque(messages)
        self._traffic.count_refused(self._decoding.take_refused())
        self._tap.came(self._received_ms, head, self._waiting)
        return True

    def _claim(self, line: StreamLine) -> None:
        """Speak for the device from now on; its login has been answered by now."""
        device, presence = line.device, self._context.presence
        if device.registered_protocol != self.protocol.name:
            other = f"it is registered for {device.registered_protocol}"
            self._note("other_protocol", other, device.unique_id)
        takeover = presence.claim(device, line, self._loop.time())
        if takeover is not None and takeover.is_clash:
            self._note("identity_clash", takeover.detail, device.unique_id)
        presence.signal(device.unique_id, None)

    def _send(self, data: bytes) -> None:
        self._transport.write(data)
        if self._tap.is_open:
            self._tap.went(self._context.clock_ms(), data)

    def _slow_down(self, count: int) -> None:
        assert self._address is not None
        debt_s = self._address.messages.charge(count, self._times.heard_s)
        if debt_s and not self._reading.reasons & reading.TOO_FAST:
            self._reading.pause(reading.TOO_FAST)
            self._traffic.count_error("too_many_messages")
            self._loop.call_later(debt_s, self._reading.resume, reading.TOO_FAST)
        if len(self._answers) > self._context.limits.unanswered_messages:
            self._reading.pause(reading.UNANSWERED)

    def _write_answer(self, message: Message) -> None:
        answer = self._decoding.codec.acknowledge(message)
        if answer:
            self._send(answer)
        if self._answers:
            return
        if self._ended and not self._waiting:
            self.close()
        elif self._reading.reasons & reading.UNANSWERED:
            self._reading.resume(reading.UNANSWERED)

    def _not_stored(self, _message: Message, error: Exception) -> None:
        """The device is not told, so it keeps its positions and sends them again."""
        self._complain("not_stored", str(error))
        self.close()

    def _bad_frame(self, error: ProtocolError, data: bytes) -> None:
        self._complain(reason_of(error), str(error), None, data)
        self._bad_in_row += 1
        may_go_on = self.protocol.resynchronizes and not self._decoding.codec.is_over
        if not may_go_on or self._bad_in_row >= MAX_BAD_IN_ROW:
            self.close()

    def _stop(self) -> None:
        self._reading.pause(reading.CLOSING)
        self._times.closing_since_s = self._loop.time()
        self._answers.close()
        self._waiting.clear()
        for unique_id, line in self._lines.items():
            self._context.presence.release(unique_id, line)
        if self._opening is not None and self._opening is not asyncio.current_task():
            self._opening.cancel()

    def _complain(
        self, reason: str, detail: str, device: str | None = None, head: bytes = b""
    ) -> None:
        assert self._address is not None
        known = device or (self._main.device.unique_id if self._main else None)
        self._count_and_log(reason, detail, self._address, known, head)

    def _count_and_log(
        self, reason: str, detail: str, address: Address, device: str | None, head: bytes
    ) -> None:
        self._traffic.count_error(reason)
        complaint = Complaint(reason, self.protocol.name, "tcp", detail, device, head)
        complain(address, self._loop.time(), complaint)

    def _note(self, reason: str, detail: str, device: str) -> None:
        assert self._address is not None
        self._traffic.count_oddity(reason)
        note = Complaint(reason, self.protocol.name, "tcp", detail, device)
        complain(self._address, self._loop.time(), note)
