"""Where positions enter: they wait for the log, which answers them and has them folded."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from uuid import UUID

import structlog
from msgspec.structs import replace

from milepost.domain.device_access import Access, Caller
from milepost.domain.fix_time import EARLIEST_FIX_MS, may_have_turned, turned_forward
from milepost.domain.position import Position
from milepost.domain.trip import Event, EventKind
from milepost.errors import Unavailable
from milepost.gateway.intake import Clash
from milepost.stores.positions_arrow import RowContext
from milepost.stream.contract import Concluded
from milepost.workers.arrivals import Arrivals
from milepost.workers.live_fold import LiveEvents
from milepost.workers.packet import OnDurable, Packet
from milepost.workers.readmission import Readmission
from milepost.workers.server_clock import ServerClock
from milepost.workers.shard import Shard
from milepost.workers.shards import Shards
from milepost.workers.unit import Installation, Unit

# Decided before any fix: late data, which concludes anew what follows a fix, leaves it alone.
NOT_BY_A_FIX = -1
REJECTED_FUTURE = "future"
# Of a clock that is not set.
REJECTED_UNSET = "unset_clock"
# It seemed to come from the future, but the server's clock was behind: see `Rejudger`.
REJECTED_UNCLOCKED = "unclocked"

log = structlog.get_logger(__name__)

_FIX_TIME = attrgetter("fix_time_ms")
_NOBODY = b"\0" * 16


class Whole:
    """A packet that is written in parts: who waits is told once, after the last or a failure."""

    __slots__ = ("_is_told", "_on_durable", "_waiting")

    def __init__(self, parts: int, on_durable: OnDurable) -> None:
        self._waiting = parts
        self._on_durable = on_durable
        self._is_told = False

    def __call__(self, error: Exception | None) -> None:
        """One of the parts is durable, or is not."""
        self._waiting -= 1
        if not self._is_told and (error is not None or self._waiting == 0):
            self._is_told = True
            self._on_durable(error)


class DeviceSession:
    """A device that a gateway speaks with: what to show in logs, its shard and its unit."""

    __slots__ = ("_edition", "_owners", "future_max_ms", "protocol", "shard", "unit")

    def __init__(self, unit: Unit, shard: Shard, protocol: str) -> None:
        self.unit = unit
        self.shard = shard
        # An edit of any of these makes the session stale.
        self._owners = _owners(unit.installation)
        self.future_max_ms = int(unit.installation.policy.current.future_max_s * 1000)
        self.protocol = protocol
        self._edition = unit.edition

    @property
    def installation(self) -> Installation:
        """The device and where it is built in."""
        return self.unit.installation

    @property
    def lenient(self) -> bool:
        """Whether frames with a wrong checksum pass, flagged."""
        return self.unit.installation.device.lenient

    @property
    def options(self) -> Mapping[str, str]:
        """The device's settings by the names of its protocol's options."""
        return self.unit.installation.device.options

    @property
    def device_id(self) -> UUID:
        """The device's id."""
        return self.unit.installation.device.id

    @property
    def keep_frames(self) -> bool:
        """Whether the device's bytes are kept for diagnosis."""
        return self.unit.installation.device.keep_frames

    @property
    def registered_protocol(self) -> str:
        """The protocol that the device was registered with."""
        return self.unit.installation.device.protocol

    @property
    def access(self) -> Access:
        """What the device demands of whoever speaks for it."""
        return self.unit.installation.device.access

    def context(self, received_ms: int, rejected: str) -> RowContext:
        """What the rows of a packet have beyond the reports."""
        return RowContext(*self._owners, self.protocol, received_ms, rejected)

    @property
    def is_stale(self) -> bool:
        """Whether the device, its vehicle or its tenant was changed since."""
        return self.unit.evicted or self.unit.edition != self._edition


class Ingest:
    """The processor's entrance; every gateway calls it, in the event loop's thread."""

    def __init__(
        self,
        arrivals: Arrivals,
        shards: Shards,
        readmission: Readmission,
        live: LiveEvents,
        clock: ServerClock,
    ) -> None:
        self._arrivals = arrivals
        self._shards = shards
        self._readmission = readmission
        self._live = live
        self._clock = clock

    async def open(
        self, unique_id: str, protocol: str, source: str, secret: str | None = None
    ) -> DeviceSession:
        """The session of a device that calls itself `unique_id`.

        Raises:
            NotFound: no tenant has such a device; it is listed for adoption.
            Forbidden: the device is disabled.
            NotAllowed: it has not called before, and no claim lets the caller speak for it.
            Unavailable: the database does not answer.
        """
        known = await self._arrivals.find(unique_id, Caller(protocol, source, secret))
        shard = self._shards.of(known.installation.device.id)
        unit = shard.units.load(known)
        unit.protocol = protocol
        return DeviceSession(unit, shard, protocol)

    @property
    def saturated(self) -> bool:
        """Whether gateways should stop reading."""
        return self._shards.saturated

    def on_drain(self, callback: Callable[[], None]) -> None:
        """Call once when there is room again."""
        self._shards.on_drain(callback)

    def accept(
        self,
        session: DeviceSession,
        positions: Sequence[Position],
        received_time_ms: int,
        on_durable: OnDurable,
    ) -> None:
        """Take one packet's positions; `on_durable(None)` comes after the durable write.

        `on_durable(error)` says that they were not stored: the device must not be answered.
        """
        unit = session.unit
        if session.is_stale:
            on_durable(Unavailable("this connection's device", "it was changed; connect again"))
            return
        taking = session.shard.taking
        received_ms = max(received_time_ms, taking.floor_ms)
        horizon_ms = self._clock.now_ms() + session.future_max_ms
        reported = positions
        if may_have_turned(min(map(_FIX_TIME, reported), default=horizon_ms), horizon_ms):
            positions = self._turned_forward(session, reported, horizon_ms)
        believed, wrong = positions, self._wrongly_timed(positions, horizon_ms)
        if wrong:
            believed = [
                each for each in positions if EARLIEST_FIX_MS <= each.fix_time_ms <= horizon_ms
            ]
            on_durable = Whole(1 + len(wrong), on_durable)
            for reason, part in wrong:
                taking.add(Packet(session.context(received_ms, reason), part, on_durable))
                if reason != REJECTED_UNCLOCKED:
                    self._tell_clock(session, "clock_unbelieved", reason, part)
        former = unit.installation.former
        if former and min(map(_FIX_TIME, believed), default=former[-1][0]) < former[-1][0]:
            believed, on_durable = self._give_back(session, believed, received_ms, on_durable)
        if believed:
            unit.is_clock_wrong = bool(wrong) or positions is not reported
        taking.add(Packet(session.context(received_ms, ""), believed, on_durable, unit))

    def _turned_forward(
        self, session: DeviceSession, positions: Sequence[Position], horizon_ms: int
    ) -> Sequence[Position]:
        turned = turned_forward(positions, horizon_ms)
        if turned == positions:
            return positions
        self._tell_clock(session, "clock_repaired", "week_rollover", positions)
        return turned

    def _wrongly_timed(
        self, positions: Sequence[Position], horizon_ms: int
    ) -> list[tuple[str, list[Position]]]:
        """What no clock that is set can say, with the reason; nearly always nothing."""
        wrong = []
        if max(map(_FIX_TIME, positions), default=0) > horizon_ms:
            reason = REJECTED_UNCLOCKED if self._clock.is_behind else REJECTED_FUTURE
            wrong.append((reason, [each for each in positions if each.fix_time_ms > horizon_ms]))
        if min(map(_FIX_TIME, positions), default=EARLIEST_FIX_MS) < EARLIEST_FIX_MS:
            unset = [each for each in positions if each.fix_time_ms < EARLIEST_FIX_MS]
            wrong.append((REJECTED_UNSET, unset))
        return wrong

    def _give_back(
        self,
        session: DeviceSession,
        positions: Sequence[Position],
        received_ms: int,
        on_durable: OnDurable,
    ) -> tuple[Sequence[Position], OnDurable]:
        """Late reports of before a move go to the vehicle that the device was in; the rest stay."""
        installation = session.unit.installation
        parts: defaultdict[UUID, list[Position]] = defaultdict(list)
        for position in positions:
            parts[installation.vehicle_at(position.fix_time_ms)].append(position)
        own = parts.pop(installation.vehicle_id, [])
        whole = Whole(len(parts) + 1, on_durable)
        for vehicle_id, part in parts.items():
            context = session.context(received_ms, "")
            theirs = replace(context, vehicle_id=vehicle_id.bytes, driver_id=_NOBODY)
            self._readmission.take(theirs, part, whole)
        return own, whole

    def clash(self, session: DeviceSession, clash: Clash) -> None:
        """Keep and show that two peers spoke for the device."""
        time = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        detail: dict[str, str | float | bool | None] = {
            "former_address": clash.former_address,
            "address": clash.address,
            "takeovers": clash.takeovers,
        }
        event = Event(kind="identity_clash", fix_time=time, place=None, detail=detail)
        self._conclude(session, event)

    def _tell_clock(
        self, session: DeviceSession, kind: EventKind, reason: str, wrong: Sequence[Position]
    ) -> None:
        """Once, until the clock is right again: a wrong one stays wrong for days."""
        unit = session.unit
        if unit.is_clock_wrong:
            return
        unit.is_clock_wrong = True
        device, fix_time_ms = unit.installation.device, wrong[-1].fix_time_ms
        log.warning(
            "positions.of_a_wrong_clock",
            device=device.unique_id,
            device_id=str(device.id),
            reason=reason,
            fix_time_ms=fix_time_ms,
            positions=len(wrong),
        )
        now_ms = self._clock.now_ms()
        detail: dict[str, str | float | bool | None] = {
            "reason": reason,
            "ahead_s": (fix_time_ms - now_ms) / 1000.0,
        }
        time = datetime.fromtimestamp(now_ms / 1000, UTC)
        event = Event(kind=kind, fix_time=time, place=None, detail=detail)
        self._conclude(session, event)

    def _conclude(self, session: DeviceSession, event: Event) -> None:
        """Keep and show what no fix has decided."""
        session.unit.conclude([Concluded(event, NOT_BY_A_FIX)], late=False)
        session.shard.units.mark_dirty(session.unit)
        self._live.tell(session.unit, [event])

    def refused(self, session: DeviceSession, reason: str) -> None:
        """Let the device's owner see that somebody was not allowed to speak for it."""
        self._arrivals.refusals[session.device_id] = reason


def _owners(installation: Installation) -> tuple[bytes, bytes, bytes, bytes]:
    """Tenant, device, vehicle and driver as a row has them."""
    driver_id = installation.driver_id
    return (
        installation.device.tenant_id.bytes,
        installation.device.id.bytes,
        installation.vehicle_id.bytes,
        _NOBODY if driver_id is None else driver_id.bytes,
    )
