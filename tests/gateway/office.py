"""Where commands are asked for in tests: processor, dispatcher and gateway on the real engines."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from prometheus_client import CollectorRegistry
from sqlalchemy import select, update

from milepost.domain.command import Command
from milepost.domain.command_run import CommandRun, CommandState, CommandStep
from milepost.errors import ConfirmationNeeded
from milepost.features.commands import store
from milepost.features.commands.schemas import NewCommand
from milepost.features.commands.service import CommandRules, cancel_command, send_command
from milepost.features.confirmation import Confirmations
from milepost.features.devices.known_protocols import KnownProtocols
from milepost.features.devices.tables import devices
from milepost.features.vehicles.last_states import LastStates
from milepost.features.work import Work
from milepost.gateway.listeners import Gateway, open_gateway
from milepost.gateway.metrics import GatewayMetrics
from milepost.gateway.presence import Presence
from milepost.live.hub import Hub
from milepost.protocols.contract import DeviceProtocol
from milepost.stores.postgres.database import Database
from milepost.workers.changes import Changes
from milepost.workers.command_news import CommandNews
from milepost.workers.command_queue import CommandQueue
from milepost.workers.dispatcher import Dispatcher, DispatcherOptions, running
from milepost.workers.processor import Processor
from milepost.workers.processor_store import ProcessorStore
from tests.gateway.conftest import WITHIN_S
from tests.gateway.tiny import START_MS, TINY
from tests.workers.rig import Rig

ANSWER_WITHIN_S = 60.0


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_ms = START_MS

    def __call__(self) -> int:
        return self.now_ms

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.now_ms / 1000, UTC)

    def advance(self, seconds: float) -> None:
        self.now_ms += int(seconds * 1000)


class Second(msgspec.Struct):
    """Another dispatcher, and the lines that it has."""

    presence: Presence
    dispatcher: Dispatcher


class Office(msgspec.Struct):
    """A running server's parts; commands are asked for as a request does it."""

    rig: Rig
    clock: Clock
    hub: Hub
    registry: CollectorRegistry
    processor: Processor
    presence: Presence
    dispatcher: Dispatcher
    gateway: Gateway
    device_id: UUID
    rules: CommandRules
    notice: Changes

    def port(self, transport: str = "tcp") -> int:
        return next(port for (_, each), port in self.gateway.ports.items() if each == transport)

    async def ask(self, command: Command, *, confirm: str | None = None, **more: Any) -> UUID:
        """Ask for a command, and confirm it if need be."""
        new = NewCommand(command=command, confirm=confirm, **more)
        try:
            return await self._send(new)
        except ConfirmationNeeded as needed:
            return await self._send(msgspec.structs.replace(new, confirm=needed.token))

    async def _send(self, new: NewCommand) -> UUID:
        async with self.rig.database.transaction(self.rig.scope) as connection:
            work = self._work(connection)
            run = await send_command(work, self.device_id, new, self.rules)
        work.announce()
        return run.id

    async def cancel(self, command_id: UUID) -> None:
        async with self.rig.database.transaction(self.rig.scope) as connection:
            work = self._work(connection)
            await cancel_command(work, self.device_id, command_id)
        work.announce()

    def _work(self, connection: Any) -> Work:
        return Work(
            connection=connection,
            scope=self.rig.scope,
            who="user:test",
            clock=self.clock.now,
            make_id=uuid4,
            notice=self.notice,
        )

    async def run(self, command_id: UUID) -> CommandRun:
        async with self.rig.database.transaction(self.rig.scope) as connection:
            place = (self.rig.scope.tenant_id, self.device_id, command_id)
            return await store.get_run(connection, *place)

    async def history(self, command_id: UUID) -> Sequence[CommandStep]:
        run = await self.run(command_id)
        async with self.rig.database.transaction(self.rig.scope) as connection:
            return await store.steps_of(connection, run)

    async def states(self, command_id: UUID) -> list[CommandState]:
        return [step.state for step in await self.history(command_id)]

    async def reaches(self, command_id: UUID, *states: CommandState) -> CommandRun:
        """Wait for the command to come to one of the states."""
        async with asyncio.timeout(WITHIN_S):
            while (run := await self.run(command_id)).state not in states:
                await asyncio.sleep(0.01)
        return run

    async def is_held(self, command_id: UUID) -> str:
        """Wait until the dispatcher has said why it waits."""
        async with asyncio.timeout(WITHIN_S):
            while (run := await self.run(command_id)).reason is None:
                await asyncio.sleep(0.01)
        assert run.state == "pending"
        return run.reason

    @property
    def is_followed(self) -> bool:
        """Whether the dispatcher waits for anything of the device."""
        return self.rig.unique_id in self.presence.followed

    @asynccontextmanager
    async def second_dispatcher(self) -> AsyncIterator["Second"]:
        """Another process's: a dispatcher that is told nothing and looks for itself."""
        presence = Presence()
        dispatcher = _dispatcher(self.rig, presence, self.processor, self.hub, self.clock)
        async with running(dispatcher, self.processor.faults):
            yield Second(presence, dispatcher)

    async def pass_time(self, seconds: float) -> None:
        """Move the clock and let the dispatcher look."""
        self.clock.advance(seconds)
        await self.dispatcher.look()

    async def change_device(self, **values: Any) -> None:
        statement = update(devices).where(devices.c.id == self.device_id).values(**values)
        async with self.rig.database.operator_transaction() as connection:
            await connection.execute(statement)


@asynccontextmanager
async def open_office(
    rig: Rig, protocol: DeviceProtocol = TINY, clock: Clock | None = None
) -> AsyncIterator[Office]:
    """A server for one device of the protocol; opened again, it is a server that was restarted."""
    clock, hub, registry, presence = (
        clock or Clock(),
        Hub(lambda: 0.0),
        CollectorRegistry(),
        Presence(),
    )
    protocols = {protocol.name: msgspec.structs.replace(protocol, port=0)}
    device_id = await _register(rig.database, rig.unique_id, protocol.name)
    async with AsyncExitStack() as stack:
        processor = await stack.enter_async_context(rig.processor(clock_ms=clock, hub=hub))
        dispatcher = _dispatcher(rig, presence, processor, hub, clock, registry)
        await stack.enter_async_context(running(dispatcher, processor.faults))
        gateway = await stack.enter_async_context(
            open_gateway(
                processor.ingest,
                protocols,
                host="127.0.0.1",
                port_offset=0,
                clock_ms=clock,
                metrics=GatewayMetrics(registry),
                presence=presence,
            )
        )
        rules = CommandRules(
            KnownProtocols(protocols),
            Confirmations(b"k" * 32, clock.now),
            LastStates(rig.telemetry, hub.newest, clock.now, 600.0),
            presence.sighting,
        )
        notice = Changes(
            processor.shards, hub, ProcessorStore(rig.database, None, uuid4), dispatcher, presence
        )
        yield Office(
            rig,
            clock,
            hub,
            registry,
            processor,
            presence,
            dispatcher,
            gateway,
            device_id,
            rules,
            notice,
        )


def _dispatcher(
    rig: Rig,
    presence: Presence,
    processor: Processor,
    hub: Hub,
    clock: Clock,
    registry: CollectorRegistry | None = None,
) -> Dispatcher:
    return Dispatcher(
        CommandQueue(rig.database),
        presence,
        processor.shards,
        CommandNews(hub, registry or CollectorRegistry()),
        clock,
        DispatcherOptions(answer_within_s=ANSWER_WITHIN_S, look_every_s=0.02),
    )


async def _register(database: Database, unique_id: str, protocol: str) -> UUID:
    """Let the rig's device speak the protocol."""
    async with database.operator_transaction() as connection:
        await connection.execute(
            update(devices).where(devices.c.unique_id == unique_id).values(protocol=protocol)
        )
        query = select(devices.c.id).where(devices.c.unique_id == unique_id)
        device_id: UUID | None = await connection.scalar(query)
    assert device_id is not None
    return device_id
