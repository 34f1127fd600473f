"""`milepost decode PROTOCOL`: frames as JSON lines in, decoded messages as JSON lines out."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from milepost import protocols
from milepost.cli.decode_input import UnreadableLine, input_of, read_line, transports_of
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, MilepostError, ProtocolError
from milepost.protocols.contract import Codec, CodecContext, DeviceProtocol, Input, Transport
from milepost.protocols.wire.position_json import position_json
from milepost.registry import discover

Line = dict[str, Any]
EXIT_NO_JSON = 1


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare `milepost decode`."""
    parser = subparsers.add_parser(
        "decode",
        help="decode device frames",
        description="Reads frames as JSON lines on standard input, such as "
        '{"transport": "binary", "payload": "78780d01…"} (binary, text, http, mqtt or udp), '
        "and prints the messages as JSON lines.",
    )
    parser.add_argument("protocol", metavar="PROTOCOL", help="teltonika, gt06, h02, osmand …")
    parser.add_argument(
        "--lenient", action="store_true", help="let wrong checksums pass, and mark what they carry"
    )


def run(args: argparse.Namespace) -> int:
    """Decode standard input; 0, or 1 if not a single line was JSON.

    Raises:
        InvalidInput: there is no such protocol.
    """
    decoder = Decoder(protocol_of(args.protocol), lenient=args.lenient)
    for line in decoder.decode(sys.stdin):
        print(msgspec.json.encode(line).decode())
    return EXIT_NO_JSON if decoder.saw_only_garbage else 0


def protocol_of(name: str) -> DeviceProtocol:
    """The protocol of a name.

    Raises:
        InvalidInput: there is none.
    """
    known = discover(protocols, "PROTOCOL", DeviceProtocol)
    protocol = known.get(name.lower().replace("-", "_"))
    if protocol is None:
        raise InvalidInput("protocol", name, ", ".join(known))
    return protocol


class _Outcome(msgspec.Struct):
    """What came of one input: messages, an error, or neither (the frame is not complete)."""

    messages: list[Message]
    error: ProtocolError | None = None

    @property
    def is_clean(self) -> bool:
        return bool(self.messages) and self.error is None


class Decoder:
    """One run: what a device said at login holds for the lines that follow."""

    def __init__(self, protocol: DeviceProtocol, *, lenient: bool) -> None:
        self._protocol = protocol
        self._lenient = lenient
        self._codecs: dict[Transport, Codec] = {}
        self._unique_id: str | None = None
        self._unfinished: int | None = None
        self._lines = 0
        self._garbage = 0

    @property
    def saw_only_garbage(self) -> bool:
        """Whether there were lines and none of them was JSON."""
        return 0 < self._lines == self._garbage

    def decode(self, lines: Iterable[str]) -> Iterator[Line]:
        """The output lines, as soon as their input line was read."""
        for number, line in enumerate(lines):
            if line.strip():
                self._lines += 1
                yield from self._decode_line(number, line)
        yield from self._give_up_unfinished()

    def _decode_line(self, number: int, line: str) -> Iterator[Line]:
        try:
            frame = read_line(line)
            inputs = [
                (transport, input_of(frame, transport, self._protocol))
                for transport in transports_of(frame, self._protocol)
            ]
        except UnreadableLine as error:
            self._garbage += not error.is_json
            yield _error_line(number, error)
            return
        outcome = self._first_of(*inputs[0])
        if outcome is None:
            yield from self._give_up_unfinished()
            outcome = self._fresh(*inputs[0])
        for transport, data in inputs[1:]:
            if outcome.error is not None and not outcome.messages:
                other = self._fresh(transport, data)
                outcome = other if other.is_clean else outcome
        if outcome.messages or outcome.error is not None:
            self._unfinished = None
        elif self._unfinished is None:
            self._unfinished = number
        yield from self._lines_of(number, outcome)

    def _first_of(self, transport: Transport, data: Input) -> _Outcome | None:
        """What comes of an input on the connection so far.

        None: the frame before is unfinished for good, since this input is none of its rest.
        """
        codec = self._codecs.get(transport)
        if codec is None:
            return self._fresh(transport, data)
        if self._unfinished is not None and self._tried(self._codec(transport), data).is_clean:
            return None
        outcome = self._tried(codec, data)
        if outcome.error is not None and not outcome.messages:
            del self._codecs[transport]
            return outcome if self._unfinished is None else None
        return outcome

    def _fresh(self, transport: Transport, data: Input) -> _Outcome:
        codec = self._codec(transport)
        outcome = self._tried(codec, data)
        if outcome.error is None:
            self._codecs[transport] = codec
        return outcome

    def _codec(self, transport: Transport) -> Codec:
        return self._protocol.codec(CodecContext(transport, self._lenient))

    def _tried(self, codec: Codec, data: Input) -> _Outcome:
        received_time_ms = time.time_ns() // 1_000_000
        messages: list[Message] = []
        try:
            messages.extend(codec.receive(data, received_time_ms))
            if isinstance(data, bytes) and messages:
                messages.extend(codec.receive(b"", received_time_ms))
        except ProtocolError as error:
            return _Outcome(messages, error)
        return _Outcome(messages)

    def _give_up_unfinished(self) -> Iterator[Line]:
        if self._unfinished is not None:
            error = ProtocolError(self._protocol.name, "the frame is not complete")
            yield _error_line(self._unfinished, error)
        self._unfinished = None

    def _lines_of(self, number: int, outcome: _Outcome) -> Iterator[Line]:
        for message in outcome.messages:
            self._unique_id = message.unique_id or self._unique_id
            for line in _message_lines(message):
                kind = line.pop("type")
                yield {"input": number, "type": kind, "deviceId": self._unique_id, **line}
        if outcome.error is not None:
            yield _error_line(number, outcome.error)


def _message_lines(message: Message) -> Iterator[Line]:
    extra: Line = {}
    if message.text is not None:
        extra["text"] = message.text
    if message.damaged:
        extra["damaged"] = True
    if not message.positions:
        kind = "other" if message.kind == "positions" else message.kind
        attributes = {"attributes": message.attributes} if message.attributes else {}
        yield {"type": kind, **extra, **attributes}
    for position in message.positions:
        yield {"type": _type_of(message, position), **position_json(position), **extra}


def _type_of(message: Message, position: Position) -> str:
    if position.has_fix:
        return "position"
    return "status" if message.kind == "positions" else message.kind


def _error_line(number: int, error: MilepostError) -> Line:
    return {"input": number, "type": "error", "code": error.code, "message": str(error)}
