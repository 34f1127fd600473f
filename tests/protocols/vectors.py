"""Reads the captured frames and feeds them to codecs."""

import json
import tomllib
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
PROTOCOLS_WITH_VECTORS = sorted(path.stem for path in (FOLDER / "decode").glob("*.jsonl"))


def records(kind: str, protocol: str) -> list[dict[str, Any]]:
    path = FOLDER / kind / f"{protocol}.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def expectations(protocol: str) -> dict[str, Any]:
    path = FOLDER / "expectations" / f"{protocol}.toml"
    return tomllib.loads(path.read_text()) if path.exists() else {}


def unmet(protocol: str) -> dict[tuple[str, int], str]:
    """(instance, seq) -> why we do not share the expectation."""
    listed = expectations(protocol).get("unmet", [])
    return {(each["instance"], each["seq"]): each["reason"] for each in listed}


def options_of(record: dict[str, Any]) -> dict[str, str]:
    """`{"setLongDate": true}` to `{"longDate": "true"}`."""
    return {
        name[3].lower() + name[4:]: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in record.get("config", {}).items()
    }


def input_of(record: dict[str, Any], protocol: DeviceProtocol) -> Input:
    if record["transport"] == "http-request":
        http = record["http"]
        target = urlsplit(http["uri"])
        headers = {name.lower(): value for name, value in http.get("headers", {}).items()}
        body = record["payload"].encode()
        return HttpRequest(http["method"], target.path, target.query, headers, body)
    if record["transport"] == "binary" or record.get("payload_encoding") == "hex":
        return bytes.fromhex(record["payload"])
    return framed(protocol, record["payload"].encode("latin-1"))


def framed(protocol: DeviceProtocol, content: bytes) -> bytes:
    """A text as it stood on the wire."""
    begin, end = protocol.text_frame
    content = content if content.startswith(begin) else begin + content
    return content if content.endswith(end) else content + end


def transport_of(protocol: DeviceProtocol, record: dict[str, Any]) -> Transport:
    return "http" if record["transport"] == "http-request" else protocol.transports[0]


class Replay:
    """One instance's codecs: strict, and lenient for what the strict one refuses."""

    def __init__(
        self, protocol: DeviceProtocol, transport: Transport, options: dict[str, str]
    ) -> None:
        self._protocol = protocol
        self._transport = transport
        self._options = options
        self._strict = self._codec(lenient=False)

    def _codec(self, *, lenient: bool) -> Codec:
        return self._protocol.codec(CodecContext(self._transport, lenient, self._options))

    def receive(self, data: Input) -> tuple[list[Message], bool]:
        """The messages, and whether it took leniency."""
        try:
            return self._all(self._strict, data), False
        except ProtocolError:
            self._strict = self._codec(lenient=False)
            return self._all(self._codec(lenient=True), data), True

    def _all(self, codec: Codec, data: Input) -> list[Message]:
        messages = list(codec.receive(data, RECEIVED_TIME_MS))
        if isinstance(data, bytes) and messages:
            messages += codec.receive(b"", RECEIVED_TIME_MS)
        return messages


def replayed(
    protocol: DeviceProtocol, kept: list[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], list[Message] | ProtocolError, bool]]:
    replays: dict[tuple[str, str], Replay] = {}
    for record in sorted(kept, key=lambda record: (record["instance"], record["seq"])):
        options = options_of(record)
        key = (record["instance"], json.dumps(options))
        replay = replays.setdefault(key, Replay(protocol, transport_of(protocol, record), options))
        try:
            messages, lenient = replay.receive(input_of(record, protocol))
        except ProtocolError as error:
            yield record, error, True
        else:
            yield record, messages, lenient
