"""What is published on one channel: who belongs to it, what changed, and its recent events."""

from collections import deque
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from milepost.domain.vehicle_state import VehicleState, with_signals
from milepost.live.channels import Channel
from milepost.live.requests import Place
from milepost.live.state_json import state_json

if TYPE_CHECKING:
    from milepost.live.viewer import Subscription, Viewer


# The offset of a message that is no place to resume from.
NO_PLACE = 0


class Audience(msgspec.Struct, frozen=True):
    """What a subscriber of a channel may see: the channel, cut down to their scope.

    `vehicle_ids` and `fleet_ids` are None where they do not restrict. `commands`: what devices were
    told is shown too. Two callers with the same audience share one topic.
    """

    tenant_id: UUID
    channel: Channel
    vehicle_ids: frozenset[UUID] | None = None
    fleet_ids: frozenset[UUID] | None = None
    commands: bool = True

    @property
    def shows_vehicles(self) -> bool:
        """Whether telemetry flows here."""
        return self.channel.kind in ("vehicle", "fleet", "fleet_all")

    def admits(self, vehicle_id: UUID | None, fleet_id: UUID | None) -> bool:
        """Whether something of this vehicle, now in this fleet, may be seen here."""
        if self.vehicle_ids is not None and vehicle_id not in self.vehicle_ids:
            return False
        return self.fleet_ids is None or fleet_id in self.fleet_ids


class Track:
    """One vehicle's newest state, and the topics that show it.

    `own` is the state by the device that counts, `beside` by another one in the vehicle; `state` is
    shown: the former, with what only the latter measures.
    `changed_at` is the hub's offset of the flush that last carried it. The JSON is made when the
    first viewer needs it and shared by all. A vehicle keeps its track when it is removed (`gone`),
    because viewers still have to be told, and it may come back.
    """

    __slots__ = (
        "_json",
        "_json_of",
        "beside",
        "changed_at",
        "dirty",
        "fleet_id",
        "gone",
        "own",
        "state",
        "tenant_id",
        "topics",
        "vehicle_id",
    )

    def __init__(self, tenant_id: UUID, state: VehicleState) -> None:
        self.tenant_id = tenant_id
        self.vehicle_id = state.vehicle_id
        self.fleet_id = state.fleet_id
        self.gone = False
        self.own = self.state = state
        self.beside: VehicleState | None = None
        self.dirty = False
        self.changed_at = 0
        self.topics: list[Topic] = []
        self._json = ""
        self._json_of: VehicleState | None = None

    def show(self) -> None:
        """Put together what is shown."""
        self.state = self.own if self.beside is None else with_signals(self.own, self.beside)

    def json(self) -> str:
        """The state as JSON."""
        state = self.state
        if self._json_of is not state:
            self._json = state_json(state)
            self._json_of = state
        return self._json


class Batch:
    """The vehicles of one topic that one flush carries, in slices whose text is shared by viewers.

    Only the last slice carries the flush's offset. The others carry `NO_PLACE`, so that a client
    that is cut off between two slices resumes from before the first.
    """

    __slots__ = ("_slice_vehicles", "_texts", "_topic", "offset", "slice_count", "tracks")

    def __init__(
        self, topic: "Topic", tracks: list[Track], offset: int, slice_vehicles: int
    ) -> None:
        self.tracks = tracks
        self.offset = offset
        self.slice_count = -(-len(tracks) // slice_vehicles)
        self._slice_vehicles = slice_vehicles
        self._topic = topic
        self._texts: list[str | None] = [None] * self.slice_count

    def text(self, index: int) -> str:
        """The messages of a slice, joined by commas."""
        text = self._texts[index]
        if text is None:
            offset = self.offset if index == self.slice_count - 1 else NO_PLACE
            tracks = self.from_slice(index)[: self._slice_vehicles]
            text = self._texts[index] = self._topic.telemetry(tracks, offset)
        return text

    def from_slice(self, index: int) -> list[Track]:
        """The vehicles of a slice and those after it."""
        return self.tracks[index * self._slice_vehicles :]


class Topic:
    """One audience's channel. Its epoch is new when its history is.

    `floor` is the offset from which on `history` has every event.
    """

    __slots__ = (
        "audience",
        "changed",
        "departed",
        "epoch",
        "floor",
        "history",
        "idle_since_s",
        "members",
        "name",
        "subscriptions",
    )

    def __init__(self, audience: Audience, epoch: str, floor: int, history_events: int) -> None:
        self.audience = audience
        self.name = audience.channel.name
        self.epoch = epoch
        self.floor = floor
        self.history: deque[tuple[int, str]] = deque(maxlen=history_events)
        self.members: dict[Track, None] = {}
        self.departed: dict[Track, int] = {}
        self.changed: list[Track] = []
        self.subscriptions: dict[Subscription, Viewer] = {}
        self.idle_since_s = 0.0

    def join(self, track: Track) -> None:
        """Show the vehicle here from now on."""
        self.members[track] = None
        self.departed.pop(track, None)
        track.topics.append(self)

    def leave(self, track: Track) -> None:
        """Show the vehicle no more."""
        del self.members[track]
        track.topics.remove(self)

    def record(self, offset: int, event: str, data: str) -> str:
        """Keep an event for those who resume; its text."""
        if len(self.history) == self.history.maxlen:
            self.floor = self.history[0][0]
        text = f"{self._head(self._event_name(event), offset)}{data}}}"
        self.history.append((offset, text))
        return text

    def reaches(self, place: Place, newest: int) -> bool:
        """Whether everything after that place is still here."""
        return place.epoch == self.epoch and self.floor <= place.offset <= newest

    def events_after(self, offset: int) -> list[str]:
        """The kept events after an offset, oldest first."""
        return [text for at, text in self.history if at > offset]

    def changed_after(self, offset: int) -> list[Track]:
        """Vehicles whose state changed, or that left, after an offset."""
        changed = [track for track in self.members if track.changed_at > offset]
        return changed + [track for track, at in self.departed.items() if at > offset]

    def telemetry(self, tracks: list[Track], offset: int) -> str:
        """The vehicles' updates, and the removal of those that left, joined by commas."""
        head = self._head(self._event_name("telemetry_update"), offset)
        members = self.members
        return ",".join(
            [
                f"{head}{track.json()}}}" if track in members else self._removal(track, offset)
                for track in tracks
            ]
        )

    def _removal(self, track: Track, offset: int) -> str:
        head = self._head(self._event_name("vehicle_removed"), offset)
        return f'{head}{{"vehicleId":"{track.vehicle_id}"}}}}'

    def _event_name(self, event: str) -> str:
        if self.audience.channel.kind not in ("fleet", "fleet_all") or event.startswith("fleet_"):
            return event
        return f"fleet_{event}"

    def _head(self, event: str, offset: int) -> str:
        return (
            f'{{"type":"event","channel":"{self.name}","event":"{event}",'
            f'"epoch":"{self.epoch}","offset":{offset},"data":'
        )
