"""Devices that speak HTTP: a small server for requests that need an answer after the commit.

200 comes after the durable write; 400 says what was wrong; 403 and 404 refuse a device; 413 comes
as soon as a body is announced or grows too long; 429 and 503 ask to come again.
"""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import cast

import h11

from milepost.domain.message import Message
from milepost.errors import (
    Forbidden,
    MilepostError,
    NotAllowed,
    NotFound,
    ProtocolError,
    RateLimited,
)
from milepost.gateway.addresses import Address
from milepost.gateway.admission import Admitted
from milepost.gateway.browsers import browser_header
from milepost.gateway.context import Complaint, GatewayContext, complain, reason_of
from milepost.gateway.decoding import Arrival
from milepost.gateway.deliveries import Deliveries
from milepost.gateway.presence import Visit
from milepost.protocols.contract import DeviceProtocol, HttpRequest

_LINGER_S = 5.0
_DEVICE_STATUS = {
    ProtocolError: HTTPStatus.BAD_REQUEST,
    NotFound: HTTPStatus.NOT_FOUND,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotAllowed: HTTPStatus.FORBIDDEN,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
}


class HttpListening:
    """One protocol's HTTP listener."""

    def __init__(self, context: GatewayContext, protocol: DeviceProtocol) -> None:
        self.context = context
        self.protocol = protocol
        self.traffic = context.metrics.traffic(protocol.name, "http")
        self.deliveries = Deliveries(context, protocol.name, self.traffic)
        self.connections: set[HttpConnection] = set()

    def connect(self) -> "HttpConnection":
        """The protocol factory for `create_server`."""
        return HttpConnection(self)


class HttpConnection(asyncio.Protocol):
    """One connection: requests are answered one after the other."""

    def __init__(self, listening: HttpListening) -> None:
        self._listening = listening
        self._context = listening.context
        self._traffic = listening.traffic
        self._loop = asyncio.get_running_loop()
        self._http = h11.Connection(h11.SERVER)
        self._request: h11.Request | None = None
        self._body = bytearray()
        self._busy = False
        self._discarding = False
        self._address: Address | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection, or drop it if it is one too many."""
        transport = cast(asyncio.Transport, transport)  # uvloop has a class of its own
        self._transport = transport
        now_s = self._loop.time()
        self._since_s = now_s
        peer = transport.get_extra_info("peername")
        address = self._context.addresses.get(peer[0] if peer else "unknown", now_s)
        refusal = self._context.addresses.enter(address, now_s)
        if refusal is not None:
            self._complain("too_many_connections", refusal, address)
            transport.abort()
            return
        self._address = address
        self._traffic.connections.inc()
        self._listening.connections.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget the connection; positions that were handed over are stored all the same."""
        if self._address is None:
            return
        self._context.addresses.leave(self._address)
        self._traffic.connections.dec()
        self._listening.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; after a refusal, swallow what the peer still sends."""
        if self._discarding:
            return
        if self._request is None and not self._http.trailing_data[0]:
            self._since_s = self._loop.time()
        self._http.receive_data(data)
        self._advance()

    def eof_received(self) -> bool:
        """The peer has said all; stay while it has to be answered."""
        if not self._discarding and not self._busy:
            return False
        return self._busy

    def close_if_overdue(self, now_s: float) -> None:
        """Close the connection if a request is unfinished or none comes."""
        limits = self._context.limits
        waited_s = now_s - self._since_s
        if self._discarding:
            if waited_s > _LINGER_S:
                self._transport.abort()
        elif self._busy:
            if self._transport.get_write_buffer_size() and waited_s > limits.write_timeout_s:
                self._transport.abort()
        elif self._request is not None or self._http.trailing_data[0]:
            if waited_s > limits.request_timeout_s:
                self._complain("timeout", "the request is unfinished", self._address)
                self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the request took too long")
        elif waited_s > limits.keep_alive_s:
            self._transport.close()

    @property
    def unanswered(self) -> int:
        """Requests that wait for the store."""
        return int(self._busy)

    def close(self) -> None:
        """End the connection; what was written still goes out."""
        self._transport.close()

    def stop_reading(self) -> None:
        """Take no further request."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def _advance(self) -> None:
        try:
            while not self._busy and not self._discarding and self._take(self._http.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            self._complain("bad_frame", str(error), self._address)
            self._refuse(HTTPStatus(error.error_status_hint), str(error))

    def _take(self, event: object) -> bool:
        """Handle one event; False when there is nothing more to do now."""
        if isinstance(event, h11.Request):
            self._begin(event)
        elif isinstance(event, h11.Data):
            self._body += event.data
            self._check_length(len(self._body))
        elif isinstance(event, h11.EndOfMessage):
            self._handle()
        elif isinstance(event, h11.ConnectionClosed):
            self._transport.close()
            return False
        else:
            return False
        return True

    def _begin(self, request: h11.Request) -> None:
        self._request = request
        self._body.clear()
        self._turn_browsers_away(request)
        for name, value in request.headers:
            if name == b"content-length":
                self._check_length(int(value))
            if self._discarding:
                return
        if not self._discarding and self._http.they_are_waiting_for_100_continue:
            self._write(h11.InformationalResponse(status_code=100, headers=[]))

    def _turn_browsers_away(self, request: h11.Request) -> None:
        found = browser_header(request.headers)
        if found is not None:
            reason = f"a browser sent it (header {found}); trackers and phone apps have no such"
            self._complain("browser", reason, self._address)
            self._refuse(HTTPStatus.FORBIDDEN, reason)

    def _check_length(self, length: int) -> None:
        allowed = self._context.limits.body_bytes
        if length > allowed:
            reason = f"a body of {length} bytes or more came, allowed are {allowed}"
            self._complain("too_large", reason, self._address)
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)

    def _handle(self) -> None:
        assert self._address is not None
        self._busy = True
        self._since_s = self._loop.time()
        self._transport.pause_reading()
        if self._context.valve.saturated:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"the store is busy; try again\n")
            return
        if not self._address.messages.take(self._since_s):
            self._traffic.count_error("too_many_messages")
            self._answer(HTTPStatus.TOO_MANY_REQUESTS, b"too many requests; try again\n")
            return
        self._decode()

    def _decode(self) -> None:
        assert self._address is not None
        protocol, now_ms = self._listening.protocol, self._context.clock_ms()
        try:
            arrival = Arrival(protocol, "http", self._device_request(), now_ms)
        except ProtocolError as error:
            self._fail(error, None)
            return

        def answer(error: Exception | None) -> None:
            if error is None:
                self._answer(HTTPStatus.OK, b"".join(arrival.answers()))
            else:
                self._fail(error, _first_id(arrival.messages))

        self._listening.deliveries.deliver(arrival, self._address.text, answer, self._visit)

    def _visit(self, device: Admitted, _message: Message) -> None:
        """The request speaks for the device; a connection that does too goes on."""
        assert self._address is not None
        visit = Visit(self._address.text, self._loop.time())
        takeover = self._context.presence.visit(device, visit)
        if takeover is not None and takeover.is_clash:
            self._traffic.count_oddity("identity_clash")
            name = self._listening.protocol.name
            note = Complaint("identity_clash", name, "http", takeover.detail, device.unique_id)
            complain(self._address, visit.heard_s, note)

    def _device_request(self) -> HttpRequest:
        request = self._request
        assert request is not None
        path, _, query = request.target.decode("ascii").partition("?")
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in request.headers}
        return HttpRequest(request.method.decode("ascii"), path, query, headers, bytes(self._body))

    def _fail(self, error: Exception, device: str | None) -> None:
        reason = reason_of(error) if isinstance(error, MilepostError) else "not_stored"
        head = b"" if self._request is None else self._request.target
        self._complain(reason, str(error), self._address, device, head)
        status = _status_of(error)
        text = "not stored; send it again" if status.value >= 500 else str(error)
        self._answer(status, text.encode(errors="backslashreplace") + b"\n")

    def _answer(self, status: HTTPStatus, body: bytes) -> None:
        """Answer the request, then go on with the next one."""
        if self._transport.is_closing():
            return
        self._respond(status, body, close=False)
        self._request = None
        self._busy = False
        if self._http.our_state is h11.MUST_CLOSE:
            self._transport.close()
            return
        self._http.start_next_cycle()
        self._transport.resume_reading()
        self._loop.call_soon(self._advance)

    def _refuse(self, status: HTTPStatus, text: str) -> None:
        """Answer before the request is complete, and end the connection.

        Closing at once would reset it while the peer still sends, and the peer would never see
        the answer: so its bytes are swallowed for a few seconds.
        """
        if self._transport.is_closing():
            return
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._respond(status, text.encode(errors="backslashreplace") + b"\n", close=True)
        self._discarding = True
        self._since_s = self._loop.time()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _respond(self, status: HTTPStatus, body: bytes, *, close: bool) -> None:
        kind = "application/json" if body[:1] in (b"[", b"{") else "text/plain; charset=utf-8"
        headers = [
            ("content-type", kind),
            ("content-length", str(len(body))),
            ("x-content-type-options", "nosniff"),
        ]
        if close:
            headers.append(("connection", "close"))
        if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
            headers.append(("retry-after", "5"))
        response = h11.Response(status_code=status.value, headers=headers, reason=status.phrase)
        self._write(response)
        self._write(h11.Data(data=body))
        self._write(h11.EndOfMessage())

    def _write(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self._transport.write(data)

    def _complain(
        self,
        reason: str,
        detail: str,
        address: Address | None,
        device: str | None = None,
        head: bytes = b"",
    ) -> None:
        assert address is not None
        self._traffic.count_error(reason)
        complaint = Complaint(reason, self._listening.protocol.name, "http", detail, device, head)
        complain(address, self._loop.time(), complaint)


def _first_id(messages: Sequence[Message]) -> str | None:
    return next((message.unique_id for message in messages if message.unique_id), None)


def _status_of(error: Exception) -> HTTPStatus:
    found = (status for kind, status in _DEVICE_STATUS.items() if isinstance(error, kind))
    return next(found, HTTPStatus.SERVICE_UNAVAILABLE)
