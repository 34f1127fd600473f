"""What a server should make of an encoder's bytes: our own codec says it before they are sent."""

from collections.abc import Sequence

import h11
import msgspec

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput
from milepost.protocols.contract import (
    CodecContext,
    DeviceProtocol,
    Encoder,
    HttpRequest,
    Publish,
    Transport,
)


class Rehearsal(msgspec.Struct, frozen=True):
    """Frames that the server will answer at the login and for the positions; who it will see."""

    login_answers: int
    answers: int
    unique_id: str | None


def encoder_of(protocol: DeviceProtocol) -> Encoder:
    """A new device's encoder.

    Raises:
        InvalidInput: the protocol cannot be spoken by the simulator.
    """
    if protocol.encoder is None:
        raise InvalidInput("protocol", protocol.name, "one that has an encoder")
    return protocol.encoder()


def rehearse(
    protocol: DeviceProtocol, transport: Transport, unique_id: str, positions: Sequence[Position]
) -> Rehearsal:
    """Decode what a device would send.

    Raises:
        ProtocolError: the codec does not take it.
        ValueError: the encoder cannot express it.
    """
    encoder = encoder_of(protocol)
    codec = protocol.codec(CodecContext(transport))
    login, data = encoder.login(unique_id), encoder.positions(unique_id, positions)
    if transport == "http":
        requests = http_requests(data)
        messages = [each for request in requests for each in codec.receive(request, 0)]
        return Rehearsal(0, len(requests), _identity(messages))
    if transport == "mqtt":
        messages = []
        for publish in publishes(protocol, unique_id, data):
            messages += codec.receive(publish, 0)
        return Rehearsal(0, 0, _identity(messages))
    opening = list(codec.receive(login, 0)) if login else []
    messages = list(codec.receive(data, 0))
    return Rehearsal(
        encoder.acknowledged(b"".join(map(codec.acknowledge, opening))),
        encoder.acknowledged(b"".join(map(codec.acknowledge, messages))),
        _identity([*opening, *messages]),
    )


def http_requests(data: bytes) -> list[HttpRequest]:
    """Raw HTTP/1.1 requests, one after the other, parsed."""
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(data)
    requests: list[HttpRequest] = []
    while isinstance(head := parser.next_event(), h11.Request):
        body = b""
        while isinstance(part := parser.next_event(), h11.Data):
            body += part.data
        path, _, query = head.target.decode("ascii").partition("?")
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        requests.append(HttpRequest(head.method.decode("ascii"), path, query, headers, body))
        parser.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
        parser.send(h11.EndOfMessage())
        parser.start_next_cycle()
    return requests


def publishes(protocol: DeviceProtocol, unique_id: str, data: bytes) -> list[Publish]:
    """The publishes that carry an encoder's payloads, one a line.

    The last wildcard of the protocol's topic filter is the device.
    """
    before, _, after = protocol.topics[0].rpartition("+")
    topic = before.replace("+", "milepost") + unique_id + after
    return [Publish(topic, payload) for payload in data.split(b"\n")]


def _identity(messages: Sequence[Message]) -> str | None:
    return next((each.unique_id for each in messages if each.unique_id is not None), None)
