"""The ways to a device: its connection, or where its newest datagram came from."""

import asyncio
from typing import Protocol

from milepost.gateway.admission import Admitted
from milepost.gateway.line_report import LineReport
from milepost.gateway.presence import Loss
from milepost.protocols.contract import DeviceProtocol


class Connection(Protocol):
    """The socket under a stream's lines."""

    @property
    def address(self) -> str:
        """Where it comes from."""
        ...

    @property
    def protocol(self) -> DeviceProtocol:
        """What it speaks."""
        ...

    @property
    def heard_s(self) -> float:
        """When anything last came, by the event loop's clock."""
        ...

    def write(self, data: bytes) -> bool:
        """Give bytes to the socket; False if it is closed, and nothing was sent."""
        ...

    def lose(self, line: "StreamLine", why: Loss) -> None:
        """A line of it has ended."""
        ...


class StreamLine:
    """A device on a connection, which may carry several; `secret` is what it was let in by."""

    __slots__ = ("_connection", "device", "said", "secret", "token")

    lasting = True

    def __init__(self, connection: Connection, device: Admitted) -> None:
        self._connection = connection
        self.device = device
        self.said = LineReport()
        self.secret: str | None = None
        self.token = b""

    @property
    def address(self) -> str:
        """Where the connection comes from."""
        return self._connection.address

    @property
    def protocol(self) -> DeviceProtocol:
        """What it speaks."""
        return self._connection.protocol

    @property
    def heard_s(self) -> float:
        """When anything last came, by the event loop's clock."""
        return self._connection.heard_s

    def write(self, data: bytes) -> bool:
        """Give bytes to the socket; False if it is closed, and nothing was sent."""
        return self._connection.write(data)

    def supersede(self, why: Loss) -> None:
        """The line speaks for the device no more."""
        self._connection.lose(self, why)


class DatagramLine:
    """Where a device's newest datagram came from."""

    __slots__ = ("_peer", "_transport", "address", "heard_s", "protocol", "said", "token")

    lasting = False

    def __init__(
        self,
        transport: asyncio.DatagramTransport,
        peer: tuple[str, int],
        protocol: DeviceProtocol,
        token: bytes,
        heard_s: float,
    ) -> None:
        self._transport = transport
        self._peer = peer
        self.address = peer[0]
        self.protocol = protocol
        self.token = token
        self.heard_s = heard_s
        self.said = LineReport()

    def write(self, data: bytes) -> bool:
        """Send a datagram; False if the port is closed."""
        if self._transport.is_closing():
            return False
        self._transport.sendto(data, self._peer)
        return True

    def supersede(self, why: Loss) -> None:
        """There is nothing to end."""
