"""A Teltonika tracker that sends all the while, and remembers what it was told is stored."""

import asyncio
import struct
import time
from collections.abc import Iterator
from statistics import quantiles

from milepost.domain.position import Position
from milepost.protocols.teltonika import PROTOCOL
from milepost.protocols.teltonika.encoder import TeltonikaEncoder
from tests.attack.office import Registered
from tests.attack.tracks import Disorder
from tests.system.devices import connection

AGAIN_AFTER_S = 0.1
ANSWER_WITHIN_S = 60.0
DELIVER_WITHIN_S = 240.0


class Witness:
    """Sends packets one after the other; one that is not acknowledged is sent again."""

    def __init__(
        self,
        device: Registered,
        port_offset: int,
        packets: Iterator[list[Position]],
        *,
        pause_s: float = 0.2,
    ) -> None:
        assert PROTOCOL.port is not None
        self.device = device
        self.port = PROTOCOL.port + port_offset
        self.pause_s = pause_s
        self.acknowledged: dict[int, Position] = {}
        self.packets_acknowledged = 0
        self.latencies_ms: list[tuple[float, float]] = []
        self.retries = 0
        self._packets = packets
        self._pending: list[Position] | None = None
        self._ending = asyncio.Event()
        self._encoder = TeltonikaEncoder()

    async def run(self) -> None:
        """Send until `end` is called or nothing is left, and the last packet is acknowledged."""
        while self._more():
            try:
                await self._talk()
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                self.retries += 1
                await asyncio.sleep(AGAIN_AFTER_S)

    def end(self) -> None:
        """Begin nothing new; what the packets hold back still comes."""
        self._ending.set()
        if isinstance(self._packets, Disorder):
            self._packets.end()

    def answered_ms(self, since_s: float = 0.0, until_s: float = float("inf")) -> list[float]:
        """Latencies of the acknowledgements that came in a span of the monotonic clock."""
        return [ms for when, ms in self.latencies_ms if since_s <= when < until_s]

    def _more(self) -> bool:
        stopped = self._ending.is_set() and not isinstance(self._packets, Disorder)
        if self._pending is None and not stopped:
            self._pending = next(self._packets, None)
        return self._pending is not None

    async def _talk(self) -> None:
        async with connection(self.port) as (reader, writer):
            writer.write(self._encoder.login(self.device.unique_id))
            async with asyncio.timeout(ANSWER_WITHIN_S):
                accepted = await reader.readexactly(1)
            if accepted != b"\x01":
                raise ConnectionError("the login was refused")
            while self._more():
                assert self._pending is not None
                await self._deliver(reader, writer, self._pending)
                self._pending = None
                if self.pause_s and not self._ending.is_set():
                    await asyncio.sleep(self.pause_s)

    async def _deliver(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, packet: list[Position]
    ) -> None:
        sent_s = time.monotonic()
        writer.write(self._encoder.positions(self.device.unique_id, packet))
        async with asyncio.timeout(ANSWER_WITHIN_S):
            (count,) = struct.unpack(">I", await reader.readexactly(4))
        if count != len(packet):
            raise ConnectionError(f"{count} of {len(packet)} records were acknowledged")
        now_s = time.monotonic()
        self.latencies_ms.append((now_s, (now_s - sent_s) * 1000))
        self.acknowledged |= {position.fix_time_ms: position for position in packet}
        self.packets_acknowledged += 1


async def finish(witnesses: list[Witness], running: "asyncio.Future[object]") -> None:
    """End them all once what they hold is delivered.

    Raises:
        TimeoutError: the server does not acknowledge any more.
    """
    for witness in witnesses:
        witness.end()
    async with asyncio.timeout(DELIVER_WITHIN_S):
        await running


async def deliver(device: Registered, port_offset: int, packets: Iterator[list[Position]]) -> int:
    """Send everything at once; the number of records that were acknowledged."""
    witness = Witness(device, port_offset, packets, pause_s=0)
    async with asyncio.timeout(DELIVER_WITHIN_S):
        await witness.run()
    return len(witness.acknowledged)


def percentile(values: list[float], share: int) -> float:
    """In whole per cent; 0 where there is nothing."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return quantiles(values, n=100, method="inclusive")[share - 1]


def latency_words(witnesses: list[Witness]) -> str:
    found = [ms for witness in witnesses for ms in witness.answered_ms()]
    p50, p99 = percentile(found, 50), percentile(found, 99)
    return f"acknowledgements p50 {p50:.0f} ms, p99 {p99:.0f} ms"
