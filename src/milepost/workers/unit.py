"""The unit of processing: one device in one vehicle, with the state of its stream."""

from collections import deque
from collections.abc import Iterable
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec

from milepost.domain.policy import Policy
from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.vehicle import Device
from milepost.stream.conclusion import OutputKey
from milepost.stream.contract import Concluded, Output
from milepost.stream.fold import Anchor
from milepost.stream.kinds import output_key
from milepost.stream.pipeline import DeviceState

NO_VEHICLE = UUID(int=0)
RECENT_POSITIONS = 16

UnitKey = tuple[UUID, UUID]


class Installation(msgspec.Struct, frozen=True):
    """A device as the processor needs it: where it is built in, and what applies there.

    `former`: the vehicles that it was in before, oldest first, each with the instant (Unix ms)
    until which it was.
    """

    device: Device
    vehicle_id: UUID
    fleet_id: UUID | None
    driver_id: UUID | None
    policy: Policy
    former: tuple[tuple[int, UUID], ...] = ()

    def vehicle_at(self, fix_time_ms: int) -> UUID:
        """The vehicle that the device was in at a fix time."""
        for until_ms, vehicle_id in self.former:
            if fix_time_ms < until_ms:
                return vehicle_id
        return self.vehicle_id

    @property
    def thresholds(self) -> Thresholds:
        """Those that hold now."""
        return self.policy.current

    @property
    def key(self) -> UnitKey:
        """What the unit of this installation is found by."""
        return (self.device.id, self.vehicle_id)

    @property
    def is_present(self) -> bool:
        """Whether the device is in this vehicle now, and not in another or gone."""
        return (self.device.vehicle_id or NO_VEHICLE) == self.vehicle_id


class Known(msgspec.Struct, frozen=True):
    """A registered device, and the checkpointed state of its stream if there is one."""

    installation: Installation
    state: bytes | None


class Derived(msgspec.Struct, frozen=True, gc=False):
    """A conclusion and the fix time at which the stream came to it."""

    output: Output
    decided_fix_time_ms: int
    late: bool


class Stale(msgspec.Struct, frozen=True, gc=False):
    """Stored positions that something does not reflect yet: from which fix, received since when."""

    fix_time_ms: int
    received_time_ms: int


def earliest(*spans: Stale | None) -> Stale | None:
    """The one span that holds all of these."""
    known = [span for span in spans if span is not None]
    if not known:
        return None
    return Stale(
        min(span.fix_time_ms for span in known), min(span.received_time_ms for span in known)
    )


class Pending(msgspec.Struct):
    """What a unit has concluded since it was last written down.

    `replace_after_ms`: derived rows that were decided after this fix time and are not among
    `derived` have lost their ground and must go. `unwritten`: the stored positions that the unit's
    checkpoint does not contain before this is written.
    """

    derived: dict[OutputKey, Derived]
    anchors: dict[int, Anchor]
    replace_after_ms: int | None = None
    unwritten: Stale | None = None

    def merge_older(self, older: "Pending") -> None:
        """Take back what could not be written, under what has been concluded since."""
        superseded = self.replace_after_ms
        for key, derived in older.derived.items():
            if superseded is None or derived.decided_fix_time_ms <= superseded:
                self.derived.setdefault(key, derived)
        for hour, anchor in _up_to(superseded, older.anchors).items():
            self.anchors.setdefault(hour, anchor)
        self.replace_after_ms = _least(self.replace_after_ms, older.replace_after_ms)
        self.unwritten = earliest(self.unwritten, older.unwritten)


class Unit:
    """The shell around one device's pure state; only the event loop's thread touches it.

    `evicted`: it is no longer the unit of its installation. `edition` counts the edits of what it
    belongs to; a session of an older one is opened anew. `leaving`: it is forgotten once it is
    written down. `taken` is what a flush under way has taken of it. `awaits_rebuild`: its stored
    state fits this version no more. It shows what it sees, and is written once all of its positions
    have been folded again: until then the stored state tells the next start to do so.
    """

    __slots__ = (
        "awaits_rebuild",
        "dirty_since_ms",
        "edition",
        "evicted",
        "installation",
        "is_clock_wrong",
        "leaving",
        "pending",
        "protocol",
        "received_ms",
        "recent",
        "refolding",
        "stale",
        "state",
        "tail",
        "taken",
    )

    def __init__(self, installation: Installation, state: DeviceState) -> None:
        self.installation = installation
        self.state = state
        self.recent: deque[Position] = deque(maxlen=RECENT_POSITIONS)
        self.pending = Pending({}, {})
        self.stale: Stale | None = None
        self.refolding: Stale | None = None
        self.tail: list[Position] | None = None
        self.dirty_since_ms = 0
        self.received_ms: int | None = None
        self.taken: Pending | None = None
        self.edition = 0
        self.awaits_rebuild = False
        self.leaving = False
        self.evicted = False
        self.is_clock_wrong = False
        self.protocol = installation.device.last_protocol or installation.device.protocol

    def mark_stale(self, fix_time_ms: int, received_time_ms: int) -> None:
        """Note a stored position that has to be folded in at an earlier place."""
        self.stale = earliest(self.stale, Stale(fix_time_ms, received_time_ms))
        self.note_unwritten(fix_time_ms, received_time_ms)

    def note_unwritten(self, fix_time_ms: int, received_time_ms: int) -> bool:
        """Note a stored position that the unit's checkpoint does not contain; whether it is news.

        It is not where one of before and of as early a fix has been noted already.
        """
        known = self.pending.unwritten
        if (
            known is not None
            and fix_time_ms >= known.fix_time_ms
            and received_time_ms >= known.received_time_ms
        ):
            return False
        self.pending.unwritten = earliest(known, Stale(fix_time_ms, received_time_ms))
        return True

    def conclude(self, concluded: Iterable[Concluded], *, late: bool) -> None:
        """Keep outputs until they are written; the last one of a key counts."""
        derived = self.pending.derived
        for each in concluded:
            derived[output_key(each.output)] = Derived(each.output, each.decided_fix_time_ms, late)

    def replace_after(self, fix_time_ms: int) -> None:
        """What was concluded from fixes after this one has been concluded anew."""
        pending = self.pending
        pending.replace_after_ms = _least(pending.replace_after_ms, fix_time_ms)
        pending.derived = {
            key: derived
            for key, derived in pending.derived.items()
            if derived.decided_fix_time_ms <= fix_time_ms
        }
        pending.anchors = _up_to(fix_time_ms, pending.anchors)

    def unstored_anchors(self) -> list[Anchor]:
        """Those that wait to be written or are being written, if they still hold."""
        taken = {} if self.taken is None else self.taken.anchors
        still = _up_to(self.pending.replace_after_ms, taken)
        return [*self.pending.anchors.values(), *still.values()]

    def stored_anchors_hold_until_ms(self) -> int | None:
        """Stored anchors whose newest fix is later are about to be replaced; None if all hold."""
        taken = None if self.taken is None else self.taken.replace_after_ms
        return _least(self.pending.replace_after_ms, taken)

    def unreflected(self) -> Stale | None:
        """Stored positions that the state has not seen in their place."""
        return earliest(self.stale, self.refolding)

    def unwritten(self) -> Stale | None:
        """Stored positions that no checkpoint contains, even if a flush is about to write them."""
        taken = None if self.taken is None else self.taken.unwritten
        return earliest(self.pending.unwritten, taken)

    def take_pending(self) -> Pending:
        """Everything unwritten; the unit starts a fresh list.

        What the state does not reflect stays unwritten whatever becomes of what was taken.
        """
        taken = self.taken = self.pending
        self.pending = Pending({}, {}, unwritten=self.unreflected())
        return taken

    def drop_conclusions(self) -> None:
        """Keep only from where on the stored positions must be folded again."""
        self.pending = Pending({}, {}, unwritten=self.pending.unwritten)

    @property
    def has_its_history(self) -> bool:
        """Whether no history waits to be drawn anew, or to be written in place of another."""
        replaces = self.stored_anchors_hold_until_ms() is not None
        return not replaces and self.unreflected() is None

    @property
    def is_written(self) -> bool:
        """Whether its checkpoint is all that there is to know of it."""
        pending = self.pending
        waits = pending.derived or pending.anchors or pending.unwritten or self.taken
        return not waits and self.unreflected() is None


def output_id(unit: UnitKey, key: OutputKey) -> UUID:
    """The same conclusion gets the same id however often it is drawn."""
    kind, start_ms, qualifier = key
    return uuid5(NAMESPACE_OID, f"{unit[0]}/{unit[1]}/{kind}/{start_ms}/{qualifier}")


def _up_to(fix_time_ms: int | None, anchors: dict[int, Anchor]) -> dict[int, Anchor]:
    """The anchors that have seen no fix after this one; all of them if it is None."""
    if fix_time_ms is None:
        return anchors
    return {
        hour: anchor
        for hour, anchor in anchors.items()
        if anchor.state.last_fix_time_ms <= fix_time_ms
    }


def _least(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
