"""Reads the captured frames and feeds them to codecs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import (
    Codec,
    CodecContext,
    DeviceProtocol,
    HttpRequest,
    Input,
    Transport,
)

FOLDER = Path(__file__).parent.parent / "vectors"
RECEIVED_TIME_MS = 1_760_000_000_000
PROTOCOLS_WITH_VECTORS = ("gt06", "h02", "osmand", "owntracks", "teltonika")


def records(kind: str, protocol: str) -> list[dict[str, Any]]:
    path = FOLDER / kind / f"{protocol}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def input_of(record: dict[str, Any]) -> Input:
    if record["transport"] == "http-request":
        http = record["http"]
        target = urlsplit(http["uri"])
        headers = {name.lower(): value for name, value in http.get("headers", {}).items()}
        body = record["payload"].encode()
        return HttpRequest(http["method"], target.path, target.query, headers, body)
    if record["transport"] == "binary" or record.get("payload_encoding") == "hex":
        return bytes.fromhex(record["payload"])
    return record["payload"].encode()


def transport_of(protocol: DeviceProtocol, record: dict[str, Any]) -> Transport:
    return "http" if record["transport"] == "http-request" else protocol.transports[0]


class Replay:
    """One instance's codecs: strict, and lenient for what the strict one refuses."""

    def __init__(self, protocol: DeviceProtocol, transport: Transport) -> None:
        self._protocol = protocol
        self._transport = transport
        self._strict = self._codec(lenient=False)

    def _codec(self, *, lenient: bool) -> Codec:
        return self._protocol.codec(CodecContext(self._transport, lenient))

    def receive(self, data: Input) -> tuple[list[Message], bool]:
        """The messages, and whether it took leniency."""
        try:
            return list(self._strict.receive(data, RECEIVED_TIME_MS)), False
        except ProtocolError:
            self._strict = self._codec(lenient=False)
            return list(self._codec(lenient=True).receive(data, RECEIVED_TIME_MS)), True


def replayed(
    protocol: DeviceProtocol, kept: list[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], list[Message] | ProtocolError, bool]]:
    replays: dict[str, Replay] = {}
    for record in kept:
        replay = replays.setdefault(
            record["instance"], Replay(protocol, transport_of(protocol, record))
        )
        try:
            messages, lenient = replay.receive(input_of(record))
        except ProtocolError as error:
            yield record, error, True
        else:
            yield record, messages, lenient
