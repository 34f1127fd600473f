"""One device's connection as `milepost decode` replays it: what was said before holds."""

import time
from collections.abc import Iterator, Mapping

import msgspec

from milepost.cli.decode_input import Frame, input_of, transports_of
from milepost.domain.message import Message
from milepost.errors import MilepostError, ProtocolError
from milepost.protocols.contract import Codec, CodecContext, DeviceProtocol, Input, Transport
from milepost.protocols.wire.message_json import Line, message_lines


class Outcome(msgspec.Struct):
    """What came of one input: messages, an error, or neither (the frame is not complete)."""

    messages: list[Message]
    error: ProtocolError | None = None

    @property
    def is_clean(self) -> bool:
        """Whether there are messages and nothing was wrong."""
        return bool(self.messages) and self.error is None


Inputs = list[tuple[Transport, Input]]
"""One line over each transport that it may have come by, the likeliest first."""


class Unfinished(msgspec.Struct):
    """A line that began a frame, and how many lines the frame has so far."""

    number: int
    inputs: Inputs
    lines: int = 1


class Connection:
    """What a device said at login, and a frame that is not complete yet."""

    def __init__(
        self, protocol: DeviceProtocol, options: Mapping[str, str], *, lenient: bool
    ) -> None:
        self._protocol = protocol
        self._options = options
        self._lenient = lenient
        self._codecs: dict[Transport, Codec] = {}
        self._unique_id: str | None = None
        self._unfinished: Unfinished | None = None

    def decode(self, number: int, frame: Frame) -> Iterator[Line]:
        """The output lines of input line `number`.

        Raises:
            UnreadableLine: the payload is not hex where it has to be.
        """
        inputs = [
            (transport, input_of(frame, transport, self._protocol))
            for transport in transports_of(frame, self._protocol)
        ]
        return self._decode(number, inputs)

    def _decode(self, number: int, inputs: Inputs) -> Iterator[Line]:
        outcome = self._first_of(*inputs[0])
        if outcome is None:
            yield from self.give_up_unfinished()
            outcome = self._fresh(*inputs[0])
        if outcome.error is not None and not outcome.messages:
            outcome = self._otherwise(inputs) or outcome
        if outcome.messages or outcome.error is not None:
            self._unfinished = None
        elif self._unfinished is None:
            self._unfinished = Unfinished(number, inputs)
        else:
            self._unfinished.lines += 1
        yield from self._lines_of(number, outcome)

    def _otherwise(self, inputs: Inputs) -> Outcome | None:
        """What comes of a line if it came over another transport than the likeliest."""
        others = (self._fresh(transport, data) for transport, data in inputs[1:])
        return next((other for other in others if other.is_clean), None)

    def give_up_unfinished(self) -> Iterator[Line]:
        """What a frame says as a datagram whose rest never came; else an error line."""
        unfinished, self._unfinished = self._unfinished, None
        if unfinished is None:
            return
        error = ProtocolError(self._protocol.name, "the frame is not complete")
        outcome = self._otherwise(unfinished.inputs) if unfinished.lines == 1 else None
        yield from self._lines_of(unfinished.number, outcome or Outcome([], error))

    def _first_of(self, transport: Transport, data: Input) -> Outcome | None:
        """What comes of an input on the connection so far.

        None: the frame before is unfinished for good, since this input is none of its rest.
        """
        codec = self._codecs.get(transport)
        if codec is None:
            return self._fresh(transport, data)
        if self._unfinished is not None and tried(self._codec(transport), data).is_clean:
            return None
        outcome = tried(codec, data)
        if outcome.error is not None and not outcome.messages:
            del self._codecs[transport]
            return outcome if self._unfinished is None else None
        return outcome

    def _fresh(self, transport: Transport, data: Input) -> Outcome:
        codec = self._codec(transport)
        outcome = tried(codec, data)
        if outcome.error is None:
            self._codecs[transport] = codec
        return outcome

    def _codec(self, transport: Transport) -> Codec:
        return self._protocol.codec(CodecContext(transport, self._lenient, self._options))

    def _lines_of(self, number: int, outcome: Outcome) -> Iterator[Line]:
        for message in outcome.messages:
            self._unique_id = message.unique_id or self._unique_id
            for line in message_lines(message):
                kind = line.pop("type")
                yield {"input": number, "type": kind, "deviceId": self._unique_id, **line}
        if outcome.error is not None:
            yield error_line(number, outcome.error)


def tried(codec: Codec, data: Input) -> Outcome:
    """Give an input to a codec, and call again for an error that it kept back."""
    received_time_ms = time.time_ns() // 1_000_000
    messages: list[Message] = []
    try:
        messages.extend(codec.receive(data, received_time_ms))
        if isinstance(data, bytes) and messages:
            messages.extend(codec.receive(b"", received_time_ms))
    except ProtocolError as error:
        return Outcome(messages, error)
    return Outcome(messages)


def error_line(number: int, error: MilepostError) -> Line:
    """A line for what could not be decoded."""
    return {"input": number, "type": "error", "code": error.code, "message": str(error)}
