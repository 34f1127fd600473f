"""Test devices: trackers over real sockets that know what the server acknowledged to them."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from milepost.domain.position import Position
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.wire.checksums import crc16_ibm

RECONNECT_AFTER_S = 0.1
ANSWER_WITHIN_S = 15.0
WATCH_EVERY_S = 0.05


class Tracker:
    """One tracker: sends packets in order, keeps what is not acknowledged, sends it again."""

    def __init__(
        self, unique_id: str, protocol: DeviceProtocol, port_offset: int, *, pause_s: float = 0.0
    ) -> None:
        assert protocol.encoder is not None
        assert protocol.port is not None
        self.unique_id = unique_id
        self.encoder = protocol.encoder()
        self.port = protocol.port + port_offset
        self.pause_s = pause_s
        self.unsent: list[Sequence[Position]] = []
        self.acknowledged: list[Position] = []
        self.connections = 0

    async def deliver(self) -> None:
        """Send everything over as many connections as it takes."""
        while self.unsent:
            try:
                await self.send()
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(RECONNECT_AFTER_S)

    async def send(self) -> None:
        """Send everything over one connection.

        Raises:
            OSError: there is no connection, or the server has ended it.
            asyncio.IncompleteReadError: likewise, in place of an answer.
        """
        async with connection(self.port) as (reader, writer):
            self.connections += 1
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
                await asyncio.sleep(self.pause_s)

    async def acknowledged_more(self, count: int) -> None:
        """Wait until so many more positions have been acknowledged than were at the call."""
        wanted = len(self.acknowledged) + count
        while len(self.acknowledged) < wanted:
            await asyncio.sleep(WATCH_EVERY_S)

    async def _answer(self, reader: asyncio.StreamReader, *, login: bool = False) -> None:
        data = b""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while not self.encoder.acknowledged(data) and not (login and data):
                more = await reader.read(4096)
                if not more:
                    raise asyncio.IncompleteReadError(data, None)
                data += more


@contextlib.asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that leaves nothing behind, however the server has ended it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def drive(
    start: datetime, count: int, *, lane: int = 0, step_s: int = 10, halt_after: int = 45
) -> list[Position]:
    """Eastward at a steady speed; `halt_after` steps of it and as many of a halt, in turn."""
    positions = []
    longitude_deg = 7.0
    for step in range(count):
        halted = step % (2 * halt_after) >= halt_after
        longitude_deg += 0.0 if halted else 0.0002 * step_s
        positions.append(
            Position(
                int((start + timedelta(seconds=step_s * step)).timestamp() * 1000),
                round(50.0 + lane * 0.1, 7),
                round(longitude_deg, 7),
                100.0,
                0.0 if halted else 51.0,
                90.0,
                satellites=9,
                ignition=not halted,
            )
        )
    return positions


def packets_of(positions: list[Position], size: int) -> list[list[Position]]:
    return [positions[start : start + size] for start in range(0, len(positions), size)]


def codec12_answer(text: str) -> bytes:
    """A Teltonika device's answer to a command."""
    content = text.encode()
    body = struct.pack(">BBBI", 12, 1, 6, len(content)) + content + b"\x01"
    return struct.pack(">II", 0, len(body)) + body + struct.pack(">I", crc16_ibm(body))
