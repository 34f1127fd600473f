"""What a device protocol is: bytes in, messages out, without sockets or clocks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.protocols.commands import Writers

Transport = Literal["tcp", "udp", "http", "mqtt"]


class HttpRequest(msgspec.Struct, frozen=True):
    """A device's HTTP request; `query` is the raw query string, header names are lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Publish(msgspec.Struct, frozen=True):
    """A message that a broker delivered."""

    topic: str
    payload: bytes


Input = bytes | HttpRequest | Publish


class CodecContext(msgspec.Struct, frozen=True):
    """What a codec may know: over what it is spoken to, and what is set for the device.

    `lenient`: wrong checksums pass, marked as damaged. `options` are the device's settings by the
    names of `DeviceProtocol.options`; until the device has said who it is there are none.
    """

    transport: Transport
    lenient: bool = False
    options: Mapping[str, str] = {}


class Codec(Protocol):
    """One connection's decoder (for UDP, HTTP and MQTT: one input's).

    `receive` takes any slice of a TCP stream, a whole datagram, request or publish, and keeps at
    most `DeviceProtocol.max_buffer_bytes` of an unfinished frame.
    """

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now.

        Raises:
            ProtocolError: the bytes are not of the protocol, or a checksum is wrong and the
                context is not lenient. Nothing else is ever raised. After it the codec can go on
                only if `resynchronizes` says so; the gateway closes the connection otherwise.
        """
        ...

    def acknowledge(self, message: Message) -> bytes:
        """The answer to a message that is stored; empty where the protocol has none."""
        ...

    def refuse(self, message: Message) -> bytes:
        """The answer to a message of an unknown or disabled device; empty where there is none."""
        ...


class Encoder(Protocol):
    """A device's side of the wire, for the simulator and for round trips in tests."""

    def login(self, unique_id: str) -> bytes:
        """The first bytes of a connection; empty where the protocol has no login."""
        ...

    def positions(self, unique_id: str, positions: Sequence[Position]) -> bytes:
        """One frame (or several, back to back) that carry the positions."""
        ...

    def acknowledged(self, data: bytes) -> int:
        """How many frames the server's bytes acknowledge; 0 where the protocol has no answer."""
        ...


Content = Literal[
    "position",
    "cells",
    "wifi",
    "alarms",
    "io",
    "odometer",
    "engine_hours",
    "fuel",
    "temperature",
    "driver",
    "beacons",
    "obd",
    "j1939",
    "texts",
]
"""What a protocol can carry and its codec decodes, for the documentation."""


class DeviceProtocol(msgspec.Struct, frozen=True):
    """The constant `PROTOCOL` of each module here: everything the gateway and the docs need.

    Attributes:
        name: the module's name.
        title: the makers and families that speak it.
        port: the default port; None where there is none of its own.
        transports: over what it comes, the usual one first.
        checksum: what is verified, in words; `none`.
        identity: where the device says who it is.
        proof: where it can show a secret that it is itself by; empty where it cannot.
        acknowledges: what it is answered with, and when.
        codec: makes a connection's decoder.
        carries: what is decoded.
        aliases: names that other software knows it by; `milepost decode` takes them too.
        time_zone: of the times on the wire; devices that speak local time have the option
            `timeZone`.
        options: what can be set for a device: name and meaning.
        commands: the writer of each kind of command that it understands.
        encoder: a device's side of the wire, where there is one.
        max_buffer_bytes: of an unfinished frame.
        resynchronizes: after a ProtocolError the codec finds the next frame by itself.
        text_frame: what a text frame begins and ends with on the wire, for captures without it.
        topics: MQTT topic filters that carry the protocol; needed where `transports` names mqtt.
    """

    name: str
    title: str
    port: int | None
    transports: tuple[Transport, ...]
    checksum: str
    identity: str
    acknowledges: str
    codec: Callable[[CodecContext], Codec]
    carries: tuple[Content, ...] = ("position",)
    aliases: tuple[str, ...] = ()
    proof: str = ""
    time_zone: str = "UTC"
    options: Mapping[str, str] = {}
    commands: Writers = {}
    encoder: Callable[[], Encoder] | None = None
    max_buffer_bytes: int = 65536
    resynchronizes: bool = False
    text_frame: tuple[bytes, bytes] = (b"", b"")
    topics: tuple[str, ...] = ()
