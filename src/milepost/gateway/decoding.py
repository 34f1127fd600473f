"""Bytes are decoded as they come, and again once it is known how the device is set.

Who a device is stands in its bytes, and how to read them in its settings. So the first bytes are
read without options and leniently; nothing of them is handed over before the device is known.
"""

from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.gateway.admission import Admitted
from milepost.protocols.contract import (
    Codec,
    CodecContext,
    DeviceProtocol,
    HttpRequest,
    Input,
    Transport,
)


class StreamDecoding:
    """A connection's codec; what came is kept until the device is known."""

    def __init__(self, protocol: DeviceProtocol) -> None:
        self._protocol = protocol
        self._head: bytearray | None = bytearray()
        self._taken: list[bool] = []
        self.codec: Codec = protocol.codec(CodecContext("tcp", lenient=True))

    def receive(self, data: bytes, received_ms: int) -> Sequence[Message]:
        """The messages that are complete now.

        Raises:
            ProtocolError: see `Codec.receive`; or too much came before the device was known.
        """
        if self._head is not None:
            if len(self._head) > self._protocol.max_buffer_bytes:
                reason = f"{len(self._head)} bytes came before the device said who it is"
                raise ProtocolError(self._protocol.name, reason)
            self._head += data
        return self.codec.receive(data, received_ms)

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
        self.codec = self._protocol.codec(context)
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
        self.codec = self._protocol.codec(context)
        self.messages = self.codec.receive(self._data, self.received_ms)
