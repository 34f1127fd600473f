"""Bytes are decoded as they come, and again once it is known how the device is set.

Who a device is stands in its bytes, and how to read them in its settings. So the first bytes are
read without options and leniently; nothing of them is handed over before the device is known.

What a codec gives passes the gate here, and nobody sees it before. What a codec raises beside
`ProtocolError` is a mistake of ours, which must not end more than the frame that led to it.
"""

from collections.abc import Callable, Sequence

import structlog

from milepost.domain.message import Message
from milepost.errors import CodecFailed, ProtocolError
from milepost.gateway.admission import Admitted
from milepost.gateway.gate import Gate
from milepost.protocols.contract import (
    Codec,
    CodecContext,
    DeviceProtocol,
    HttpRequest,
    Input,
    Transport,
)

log = structlog.get_logger(__name__)


class GuardedCodec:
    """A codec behind the gate, for one connection or arrival."""

    __slots__ = ("_codec", "_gate", "_kept", "_name")

    def __init__(self, protocol: DeviceProtocol, context: CodecContext) -> None:
        self._name = protocol.name
        self._codec: Codec = protocol.codec(context)
        self._gate = Gate(protocol.name)
        self._kept: ProtocolError | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self._kept is not None

    @property
    def refused(self) -> list[str]:
        """The fields whose values the gate has refused, one after the other."""
        return self._gate.refused

    def receive(self, data: Input, received_ms: int) -> Sequence[Message]:
        """The messages that are complete now, sound.

        After one that is none, nothing more comes of this codec: those behind it may be of the
        device that it did not name. Those before it come first, and the error with the next call.

        Raises:
            ProtocolError: see `Codec.receive` and `Gate.check`.
        """
        if self._kept is not None:
            raise self._kept
        sound: list[Message] = []
        check = self._gate.check
        for message in self._receive(data, received_ms):
            try:
                sound.append(check(message))
            except ProtocolError as error:
                self._kept = error
                if not sound:
                    raise
                break
        return sound

    def raise_kept(self) -> None:
        """Raise what the last call of `receive` kept back, if it did."""
        if self._kept is not None:
            raise self._kept

    def acknowledge(self, message: Message) -> bytes:
        """See `Codec.acknowledge`; nothing if the codec fails."""
        return self._answer(self._codec.acknowledge, message)

    def refuse(self, message: Message) -> bytes:
        """See `Codec.refuse`; nothing if the codec fails."""
        return self._answer(self._codec.refuse, message)

    def _receive(self, data: Input, received_ms: int) -> Sequence[Message]:
        try:
            return self._codec.receive(data, received_ms)
        except ProtocolError:
            raise
        except Exception as error:
            self._kept = CodecFailed(self._name, error)
            raise self._kept from error

    def _answer(self, write: Callable[[Message], bytes], message: Message) -> bytes:
        try:
            return write(message)
        except Exception:
            log.exception("gateway.internal", protocol=self._name, device=message.unique_id)
            return b""


class StreamDecoding:
    """A connection's codec; what came is kept until the device is known."""

    def __init__(self, protocol: DeviceProtocol) -> None:
        self._protocol = protocol
        self._head: bytearray | None = bytearray()
        self._taken: list[bool] = []
        self.codec = GuardedCodec(protocol, CodecContext("tcp", lenient=True))

    def receive(self, data: bytes, received_ms: int) -> Sequence[Message]:
        """The messages that are complete now.

        Raises:
            ProtocolError: see `GuardedCodec.receive`; or too much came before the device was known.
        """
        if self._head is not None:
            if len(self._head) > self._protocol.max_buffer_bytes:
                reason = f"{len(self._head)} bytes came before the device said who it is"
                raise ProtocolError(self._protocol.name, reason)
            self._head += data
        return self.codec.receive(data, received_ms)

    def take_refused(self) -> Sequence[str]:
        """The fields whose values were refused since; none before it is settled how to read."""
        refused = self.codec.refused
        if not refused or self._head is not None:
            return ()
        taken = tuple(refused)
        refused.clear()
        return taken

    @property
    def is_untouched(self) -> bool:
        """Whether nothing has come yet."""
        return self._head is not None and not self._head

    @property
    def head(self) -> bytes:
        """What came before the device was known; nothing once it is settled."""
        return bytes(self._head or b"")

    def note_taken(self, message: Message) -> None:
        """The message was handled, before the device was known or after."""
        if self._head is not None:
            self._taken.append(message.damaged)

    def settle(self, device: Admitted, received_ms: int) -> Sequence[Message] | None:
        """Go on as the device is set; what came so far and was not taken yet, decoded anew.

        None if what was decoded stands. Damaged messages that were taken are not among those that
        a strict reading gives.

        Raises:
            ProtocolError: as the device is set, what came is not of the protocol.
        """
        head, self._head = self.head, None
        if not head or (device.lenient and not device.options):
            return None
        context = CodecContext("tcp", lenient=device.lenient, options=device.options)
        self.codec = GuardedCodec(self._protocol, context)
        messages = self.codec.receive(head, received_ms)
        taken = sum(device.lenient or not damaged for damaged in self._taken)
        return messages[taken:]


class Arrival:
    """One datagram, request or publish; a codec lives as long as it.

    `doubt` is what a strict reading would have refused, and a device's leniency may let pass.
    """

    def __init__(
        self, protocol: DeviceProtocol, transport: Transport, data: Input, received_ms: int
    ) -> None:
        """Read it.

        Raises:
            ProtocolError: it is not of the protocol.
        """
        self._protocol = protocol
        self.transport = transport
        self._data = data
        self.received_ms = received_ms
        self.doubt: ProtocolError | None = None
        self.messages: Sequence[Message]
        try:
            self._read(CodecContext(transport))
        except ProtocolError as error:
            self._read(CodecContext(transport, lenient=True))
            if not any(message.damaged for message in self.messages):
                raise
            self.doubt = error

    def settle(self, device: Admitted) -> None:
        """Read it again as the device is set, where that makes a difference.

        Raises:
            ProtocolError: as the device is set, it is not of the protocol.
        """
        if self.doubt is not None and not device.lenient:
            raise self.doubt
        if device.options:
            options = device.options
            self._read(CodecContext(self.transport, lenient=device.lenient, options=options))

    def answers(self) -> list[bytes]:
        """The answers to its messages once all of it is stored."""
        return [self.codec.acknowledge(message) for message in self.messages]

    def refusals(self) -> list[bytes]:
        """The answers if the device may not come in."""
        return [self.codec.refuse(message) for message in self.messages]

    @property
    def raw(self) -> bytes:
        """Its bytes; of a request the body, or what stood in the address."""
        data = self._data
        if isinstance(data, bytes):
            return data
        if isinstance(data, HttpRequest):
            return data.body or data.query.encode()
        return data.payload

    def _read(self, context: CodecContext) -> None:
        self.codec = GuardedCodec(self._protocol, context)
        self.messages = self.codec.receive(self._data, self.received_ms)
        # It is answered as a whole, so it is taken as a whole.
        self.codec.raise_kept()
