"""One look at one device's open commands, in one transaction; what is to be written comes out.

A command is marked as sent, and that is committed, before its bytes are given to the socket. So a
crash in between leaves a command that was perhaps sent, never one that is sent again unknowingly.
"""

from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.command_run import (
    IN_FLIGHT_STATES,
    SWITCHING,
    CommandChange,
    CommandRun,
)
from milepost.domain.engine_stop import Sighting, judge
from milepost.errors import InvalidInput
from milepost.features.commands import store
from milepost.features.commands.writing import stops_engine
from milepost.gateway.line_report import BUS_SPEED
from milepost.gateway.presence import Line
from milepost.protocols.commands import Order, written
from milepost.workers.command_moves import (
    DISPATCHER,
    Heard,
    Move,
    due_in_flight,
    due_pending,
    supersedes,
)
from milepost.workers.unit import Installation, Unit

HELD_MOVING = "it waits until the vehicle is slow enough"
HELD_UNKNOWN = (
    "it waits for a fix of the last 5 minutes that shows the vehicle slow enough"
    " and that comes over the device's own connection"
)
HELD_DATAGRAM = (
    "it waits for a connection: the sender of a datagram can be forged (the device's trustDatagrams"
    " lets datagrams from its allowed networks count)"
)
HELD_DISABLED = "it waits until the device is enabled"
MOVED_AWAY = "the device is in another vehicle now"


class Situation(msgspec.Struct, frozen=True):
    """What is known as a turn begins.

    `line` is the way to the device, `unit` its stream's state, both None where there is none.
    """

    installation: Installation
    line: Line | None
    unit: Unit | None
    heard: Heard
    now_ms: int
    answer_within: timedelta

    @property
    def now(self) -> datetime:
        """The time, aware."""
        return datetime.fromtimestamp(self.now_ms / 1000, UTC)


class Writing(msgspec.Struct, frozen=True):
    """A command that is marked as sent, and its bytes."""

    run: CommandRun
    data: bytes
    line: Line


class Turn:
    """What a turn has come to: changes to tell once it is committed, bytes to write.

    `open` counts the commands that have not come to an end, `held` is true if one of them waits for
    the vehicle rather than for a way to it.
    """

    def __init__(self, connection: AsyncConnection, situation: Situation) -> None:
        self._connection = connection
        self._situation = situation
        self.changes: list[CommandChange] = []
        self.writing: Writing | None = None
        self.matched = False
        self.held = False
        self.open = 0

    async def take(self) -> None:
        """Do what is due, and send the next command if none is in flight."""
        device = self._situation.installation.device
        runs = await store.open_runs(self._connection, device.tenant_id, device.id, lock=True)
        waiting = []
        in_flight = False
        for place, run in enumerate(runs):
            superseded = any(supersedes(newer, run) for newer in runs[place + 1 :])
            left = await self._settle(run, superseded=superseded)
            if left is None:
                continue
            self.open += 1
            if left.state in IN_FLIGHT_STATES:
                in_flight = True
            else:
                waiting.append(left)
        for run in waiting:
            if in_flight or self.writing is not None or self._situation.line is None:
                return
            await self._try(run, self._situation.line)

    async def _settle(self, run: CommandRun, *, superseded: bool) -> CommandRun | None:
        """Do what is due for a command; None if that ends it."""
        situation = self._situation
        if run.state in IN_FLIGHT_STATES:
            times = (situation.now, situation.answer_within)
            move = due_in_flight(run, situation.heard, *times, superseded=superseded)
            self.matched = move is not None and move.who != DISPATCHER
        else:
            move = due_pending(run, situation.now)
        if move is None:
            return run
        moved = await self._move(run, move)
        return moved if moved.state in ("pending", *IN_FLIGHT_STATES) else None

    async def _try(self, run: CommandRun, line: Line) -> None:
        """Mark a command as sent and write it, unless it has to wait or cannot be."""
        device = self._situation.installation.device
        order = Order(device.unique_id, run.number, line.token, device.options)
        try:
            data = written(line.protocol.name, line.protocol.commands, run.command, order)
        except InvalidInput as error:
            await self._fail(run, str(error))
            return
        if run.kind in SWITCHING and run.vehicle_id != device.vehicle_id:
            await self._fail(run, MOVED_AWAY)
            return
        reason = self._hold_reason(line, stops_engine(line.protocol, run.command, order))
        if reason is not None:
            self.held = True
            if reason != run.reason:
                await store.hold(self._connection, run, reason)
            return
        attempts, now = run.attempts + 1, self._situation.now
        sent = await self._move(run, Move("sent", DISPATCHER), attempts=attempts, sent_time=now)
        self.writing = Writing(sent, data, line)

    def _hold_reason(self, line: Line, stops: bool) -> str | None:
        device = self._situation.installation.device
        if not device.enabled:
            return HELD_DISABLED
        if not stops:
            return None
        if not (line.lasting or device.trusts_datagram_of(line.address)):
            return HELD_DATAGRAM
        return self._speed_reason(line)

    def _speed_reason(self, line: Line) -> str | None:
        """What the vehicle's speed has against it.

        Only what came over the line that will carry the command can let it go: anybody can report
        under the device's name at another port. What shows the vehicle moving holds it back,
        wherever it came from: a stop that waits too long does less harm than one at speed.
        """
        situation = self._situation
        limits = (situation.now_ms, situation.installation.thresholds.engine_stop_max_speed_kmh)
        verdict = judge(line.said.sighting(), *limits)
        if judge(_sighting(situation.unit), *limits) == "moving":
            verdict = "moving"
        return {"slow": None, "moving": HELD_MOVING, "unknown": HELD_UNKNOWN}[verdict]

    async def _fail(self, run: CommandRun, reason: str) -> None:
        await self._move(run, Move("failed", DISPATCHER, reason))
        self.open -= 1

    async def _move(self, run: CommandRun, move: Move, **changes: object) -> CommandRun:
        if move.reply is not None:
            changes["reply"] = move.reply
        moved = await store.move(
            self._connection,
            run,
            move.state,
            self._situation.now,
            move.who,
            reason=move.reason,
            **changes,
        )
        self.changes.append(change_of(moved, self._situation.installation))
        return moved


async def take_back(connection: AsyncConnection, writing: Writing, now: datetime) -> CommandRun:
    """The line had ended before the bytes were given to it: the command was not sent."""
    run = writing.run
    reason = "the connection ended before it was written"
    return await store.move(
        connection, run, "pending", now, DISPATCHER, reason=reason, attempts=run.attempts - 1
    )


def change_of(run: CommandRun, installation: Installation) -> CommandChange:
    """What others are told of a command's change."""
    same = run.vehicle_id == installation.device.vehicle_id
    fleet_id = installation.fleet_id if same else None
    return CommandChange(run, installation.device.unique_id, fleet_id)


def _sighting(unit: Unit | None) -> Sighting | None:
    fix = None if unit is None else unit.state.last_fix
    if unit is None or fix is None:
        return None
    # A vehicle in a tunnel has no fix, but its bus still says how fast it is.
    since = [fix, *(each for each in unit.recent if each.fix_time_ms >= fix.fix_time_ms)]
    speeds = (speed for each in since for speed in (each.speed_kmh, each.signals.get(BUS_SPEED)))
    speed_kmh = max((speed for speed in speeds if speed is not None), default=None)
    return Sighting(fix.fix_time_ms, speed_kmh, unit.state.motion == "moving")
