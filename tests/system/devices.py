"""Test devices: trackers over real sockets that know what the server acknowledged to them."""

import asyncio
import contextlib
from collections.abc import Sequence

from milepost.domain.position import Position
from milepost.protocols.contract import DeviceProtocol


class Tracker:
    """One tracker: sends packets in order, keeps what is not acknowledged, sends it again."""

    def __init__(self, unique_id: str, protocol: DeviceProtocol, port: int) -> None:
        assert protocol.encoder is not None
        self.unique_id = unique_id
        self.encoder = protocol.encoder()
        self.port = port
        self.unsent: list[Sequence[Position]] = []
        self.acknowledged: list[Position] = []

    async def deliver(self) -> None:
        """Send everything over as many connections as it takes."""
        while self.unsent:
            try:
                await self._connect_and_send()
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.05)

    async def _connect_and_send(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            login = self.encoder.login(self.unique_id)
            if login:
                writer.write(login)
                await self._answer(reader, login=True)
            while self.unsent:
                packet = self.unsent[0]
                writer.write(self.encoder.positions(self.unique_id, packet))
                await self._answer(reader)
                self.acknowledged += packet
                del self.unsent[0]
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, *, login: bool = False) -> None:
        data = b""
        while not self.encoder.acknowledged(data) and not (login and data):
            more = await reader.read(4096)
            if not more:
                raise asyncio.IncompleteReadError(data, None)
            data += more
