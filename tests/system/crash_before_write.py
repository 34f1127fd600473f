"""A server that loses power between marking a command as sent and giving it to the socket.

`python -m tests.system.crash_before_write FOLDER UNIQUE_ID`: the parts of a server on the data
folder, and a line to the device that ends the process, its engines included, instead of writing.
"""

import asyncio
import os
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import psutil
from prometheus_client import CollectorRegistry

from milepost.compose.engines import open_engines, steady_ms, take_folder, wall_clock_ms
from milepost.gateway.admission import Admitted
from milepost.gateway.line_report import LineReport
from milepost.gateway.presence import Loss, Presence
from milepost.live.hub import Hub
from milepost.protocols import teltonika
from milepost.settings import Settings
from milepost.workers.command_news import CommandNews
from milepost.workers.command_queue import CommandQueue
from milepost.workers.dispatcher import Dispatcher, DispatcherOptions, running
from milepost.workers.processor import ProcessorOptions, ProcessorParts, open_processor
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.server_clock import ServerClock
from milepost.workers.set_aside import SetAsidePositions
from milepost.workers.supervision import Faults


class DeadlyLine:
    """A connection at whose first byte the power goes."""

    address = "192.0.2.1"
    protocol = teltonika.PROTOCOL
    token = b""
    heard_s = 0.0
    lasting = True

    def __init__(self) -> None:
        self.said = LineReport()

    def write(self, data: bytes) -> bool:
        for child in psutil.Process().children(recursive=True):
            child.kill()
        os.kill(os.getpid(), signal.SIGKILL)
        return bool(data)

    def supersede(self, why: Loss) -> None:
        """It ends by itself."""


async def main(folder: Path, unique_id: str) -> None:
    settings = Settings(data=folder)
    async with AsyncExitStack() as stack:
        engines = await open_engines(stack, settings, await take_folder(stack, folder))
        store = ProcessorStore(engines.database, None, uuid4)
        hub, registry = Hub(time.monotonic), CollectorRegistry()
        parts = ProcessorParts(
            store=store,
            telemetry=engines.telemetry,
            set_aside=SetAsidePositions(engines.database, uuid4, registry),
            hub=hub,
            clock=ServerClock(wall_clock_ms, steady_ms),
            faults=Faults(registry),
            options=ProcessorOptions(),
        )
        processor = await stack.enter_async_context(open_processor(parts, engines.logs))
        presence = Presence()
        device = Admitted(
            unique_id=unique_id,
            lenient=False,
            options={},
            registered_protocol="teltonika",
            accept=lambda *_: None,
            clash=lambda _: None,
            is_stale=lambda: False,
            device_id=uuid4(),
        )
        presence.claim(device, DeadlyLine(), 0.0)
        dispatcher = Dispatcher(
            CommandQueue(engines.database),
            presence,
            processor.shards,
            CommandNews(hub, registry),
            wall_clock_ms,
            DispatcherOptions(),
        )
        await stack.enter_async_context(running(dispatcher, processor.faults))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
