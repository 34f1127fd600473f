"""The fan-out: every vehicle's newest state and every event to those who may see them."""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType
from uuid import UUID

import msgspec
import structlog

from milepost.domain.revocation import Credential, Revocation
from milepost.domain.vehicle_state import VehicleState
from milepost.live.channels import Channel, parse_channel
from milepost.live.closing import KEY_ENDED, RESTARTING, REVOKED, SESSION_ENDED
from milepost.live.fleet_index import FleetIndex
from milepost.live.requests import Bounds, Place
from milepost.live.subscribing import Start, begin
from milepost.live.topic_index import TopicIndex
from milepost.live.topics import Audience, Batch, Topic, Track
from milepost.live.viewer import Viewer

_encode = msgspec.json.Encoder().encode
_log = structlog.get_logger(__name__)
_SWEEP_INTERVAL_S = 30.0
_CLOSINGS = MappingProxyType(
    {"tenant": REVOKED, "user": REVOKED, "session": SESSION_ENDED, "api_key": KEY_ENDED}
)
# Longer than it takes to authenticate a caller: PostgreSQL's timeouts together are below that.
_REVOCATION_KEPT_S = 300.0
# The fleet of a vehicle that is gone: no real id, so that its next report places it again.
_NO_FLEET = UUID(int=0)


class HubOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the hub trades freshness, memory and work.

    `flush_interval_s` is how long changes are gathered. `history_events` is how many events each
    channel keeps for those who resume, and `history_age_s` how long a channel without viewers is
    kept. A viewer with more than `max_unread_events` is closed. `slice_vehicles` is how many
    vehicles one frame carries at most: it bounds a frame's size (a vehicle has about 500 bytes,
    and common clients refuse more than 1 MiB) and the time to make it.
    """

    flush_interval_s: float = 0.02
    history_events: int = 256
    history_age_s: float = 600.0
    max_unread_events: int = 1000
    slice_vehicles: int = 1000


class _Event(msgspec.Struct, frozen=True, gc=False):
    name: str
    data: str
    topics: list[Topic]


def _random_epoch() -> str:
    return secrets.token_hex(8)


class Hub:
    """Takes telemetry and events as they happen; viewers are served at each flush.

    All of it runs in one event loop's thread; nothing here waits. Offsets count up through the
    whole hub, so within one channel they grow too, with gaps.
    """

    def __init__(
        self,
        clock_s: Callable[[], float],
        options: HubOptions | None = None,
        make_epoch: Callable[[], str] = _random_epoch,
    ) -> None:
        self._clock_s = clock_s
        self._options = options or HubOptions()
        self._make_epoch = make_epoch
        self._offset = 1
        self._tracks: dict[int, Track] = {}
        self._dirty: list[Track] = []
        self._left: list[tuple[Topic, Track]] = []
        self._events: list[_Event] = []
        self._topics = TopicIndex()
        self._fleets = FleetIndex()
        self._viewers: dict[Viewer, None] = {}
        # When each of the newest revocations came, the oldest first.
        self._revoked_s: dict[Revocation, float] = {}

    @property
    def viewer_count(self) -> int:
        """Connections that are open."""
        return len(self._viewers)

    @property
    def now_s(self) -> float:
        """The hub's time."""
        return self._clock_s()

    def telemetry(
        self, tenant_id: UUID, fleet_id: UUID | None, vehicle_id: UUID, update: VehicleState
    ) -> None:
        """A vehicle's state. Called for every packet: it must stay far below 1 µs.

        Of two devices that count, one after the other, the one with the newer fix is shown.
        """
        # The integer's hash and comparison are C; UUID's own are Python.
        track = self._tracks.get(vehicle_id.int)
        if track is None:
            track = self._add_track(tenant_id, update)
        elif update.fix_time_ms < track.own.fix_time_ms:
            return
        track.own = track.state = update
        if track.beside is not None:
            track.show()
        if track.fleet_id is not fleet_id and track.fleet_id != fleet_id:
            self._place(track, fleet_id, gone=False)
        self._note_dirty(track)

    def beside(self, vehicle_id: UUID, update: VehicleState) -> None:
        """What a device measures that does not count, in a vehicle whose state is known."""
        track = self._tracks.get(vehicle_id.int)
        if track is None:
            return
        track.beside = update
        shown = track.state
        track.show()
        if track.state != shown:
            self._note_dirty(track)

    def _note_dirty(self, track: Track) -> None:
        if not track.dirty:
            track.dirty = True
            self._dirty.append(track)

    def newest(self, vehicle_id: UUID) -> VehicleState | None:
        """What a vehicle is doing now; None if it was not heard of or is gone."""
        track = self._tracks.get(vehicle_id.int)
        return None if track is None or track.gone else track.state

    def seed(self, states: Iterable[tuple[UUID, VehicleState]]) -> None:
        """The last state of each vehicle, with its tenant, from before this process.

        Called before the first viewer comes; a vehicle that has reported since keeps its state.
        """
        for tenant_id, state in states:
            if state.vehicle_id.int not in self._tracks:
                self._add_track(tenant_id, state)

    def move(self, vehicle_id: UUID, fleet_id: UUID | None) -> None:
        """A vehicle was put into another fleet; its state goes to those who see it now."""
        track = self._tracks.get(vehicle_id.int)
        if track is not None and not track.gone and track.fleet_id != fleet_id:
            state = msgspec.structs.replace(track.state, fleet_id=fleet_id)
            self.telemetry(track.tenant_id, fleet_id, vehicle_id, state)

    def remove(self, vehicle_id: UUID) -> None:
        """A vehicle is no more; viewers are told at the next flush."""
        track = self._tracks.get(vehicle_id.int)
        if track is not None:
            self._place(track, _NO_FLEET, gone=True)

    def event(
        self,
        tenant_id: UUID | None,
        channels: Sequence[str],
        event_name: str,
        data: object,
        *,
        of_command: bool = False,
    ) -> None:
        """Something happened; viewers of the channels are told, once for each.

        `fleet:all` need not be named: it carries what happens to its vehicles and fleets. On fleet
        channels the name gets the prefix `fleet_`. `data` is anything that msgspec encodes, with
        the keys of the wire. `tenant_id` None means every tenant (system channels). What is
        `of_command` reaches only those who may read commands.

        Raises:
            InvalidInput: a channel's name is not one.
        """
        parsed = [parse_channel(name) for name in channels]
        fleet_id = self._fleet_of(parsed)
        topics = self._topics.for_event(tenant_id, parsed, fleet_id, of_command=of_command)
        if topics:
            self._events.append(_Event(event_name, _encode(data).decode(), topics))

    def open(
        self,
        tenant_id: UUID,
        credential: Credential,
        wake: Callable[[], None],
        end: Callable[[], None],
        asked_s: float,
    ) -> Viewer:
        """A new connection.

        `wake` is called when its viewer has something to take, `end` when it is to end. `asked_s`
        is when, by `now_s`, the credential began to be looked at: the connection is
        closed if it was revoked since then.
        """
        viewer = Viewer(tenant_id, credential, wake, end, self._options.max_unread_events)
        self._viewers[viewer] = None
        for revocation, revoked_s in self._revoked_s.items():
            if revoked_s >= asked_s and revocation.ends(credential):
                viewer.close(_CLOSINGS[revocation.of])
        return viewer

    def subscribe(
        self, viewer: Viewer, audience: Audience, bounds: Bounds | None, resume: Place | None
    ) -> Start:
        """Begin, resume or change a subscription; what to answer comes back."""
        topic = self._topics.get(audience) or self._add_topic(audience)
        previous = viewer.subscriptions.get(topic.name)
        replaced = previous if previous is not None and previous.topic is topic else None
        subscription, start = begin(
            topic, bounds, resume, replaced, self._offset, self._options.slice_vehicles
        )
        self.unsubscribe(viewer, topic.name)
        topic.subscriptions[subscription] = viewer
        viewer.subscriptions[topic.name] = subscription
        viewer.add_events(subscription, start.missed)
        return start

    def unsubscribe(self, viewer: Viewer, channel_name: str) -> None:
        """End a subscription of this connection; others of the same user go on."""
        subscription = viewer.subscriptions.get(channel_name)
        if subscription is not None:
            viewer.forget(subscription)
            del subscription.topic.subscriptions[subscription]
            subscription.topic.idle_since_s = self._clock_s()

    def leave(self, viewer: Viewer) -> None:
        """The connection has ended."""
        for name in list(viewer.subscriptions):
            self.unsubscribe(viewer, name)
        del self._viewers[viewer]

    def revoke(self, revocation: Revocation) -> None:
        """Close what the account, session or API key watches, and what it is about to watch."""
        for viewer in self._viewers:
            if revocation.ends(viewer.credential):
                viewer.close(_CLOSINGS[revocation.of])
        now_s = self._clock_s()
        self._revoked_s.pop(revocation, None)
        self._revoked_s[revocation] = now_s
        while now_s - next(iter(self._revoked_s.values())) > _REVOCATION_KEPT_S:
            del self._revoked_s[next(iter(self._revoked_s))]

    def recheck(self, tenant_id: UUID) -> None:
        """Fleets, vehicles or assignments changed: look again at what each viewer may see."""
        for viewer in self._viewers:
            if viewer.tenant_id == tenant_id:
                viewer.needs_recheck = True
                viewer.wake()

    def close(self) -> None:
        """Tell every viewer that the server goes away."""
        for viewer in self._viewers:
            viewer.close(RESTARTING)

    async def run(self) -> None:
        """Flush until cancelled."""
        sweep_s = self._clock_s()
        while True:
            await asyncio.sleep(self._options.flush_interval_s)
            try:
                self.flush()
                if self._clock_s() - sweep_s >= _SWEEP_INTERVAL_S:
                    sweep_s = self._clock_s()
                    self.forget_idle()
            except Exception:  # noqa: BLE001 - the feed goes on without what could not be sent
                _log.exception("live_flush_failed")

    def flush(self) -> None:
        """Hand what changed to the viewers and wake them."""
        woken: dict[Viewer, None] = {}
        if self._events:
            self._flush_events(woken)
        if self._dirty or self._left:
            self._flush_telemetry(woken)
        for viewer in woken:
            viewer.wake()

    def forget_idle(self) -> None:
        """Drop the history of channels that have had no viewer for long."""
        for topic in self._topics.idle_since(self._clock_s() - self._options.history_age_s):
            self._topics.drop(topic)

    def _flush_events(self, woken: dict[Viewer, None]) -> None:
        events, self._events = self._events, []
        for event in events:
            self._offset += 1
            for topic in event.topics:
                text = topic.record(self._offset, event.name, event.data)
                for subscription, viewer in topic.subscriptions.items():
                    viewer.add_events(subscription, [text])
                    woken[viewer] = None

    def _flush_telemetry(self, woken: dict[Viewer, None]) -> None:
        self._offset = offset = self._offset + 1
        for topic in self._changed_topics(offset):
            batch = Batch(topic, topic.changed, offset, self._options.slice_vehicles)
            topic.changed = []
            for subscription, viewer in topic.subscriptions.items():
                subscription.offer(batch)
                woken[viewer] = None

    def _changed_topics(self, offset: int) -> list[Topic]:
        touched: list[Topic] = []
        dirty, self._dirty = self._dirty, []
        for track in dirty:
            track.dirty = False
            track.changed_at = offset
            for topic in track.topics:
                if not topic.changed:
                    touched.append(topic)
                topic.changed.append(track)
        left, self._left = self._left, []
        for topic, track in left:
            if track not in topic.members:
                topic.departed[track] = offset
                if not topic.changed:
                    touched.append(topic)
                topic.changed.append(track)
        return touched

    def _place(self, track: Track, fleet_id: UUID | None, *, gone: bool) -> None:
        self._fleets.discard(track)
        track.fleet_id = fleet_id
        track.gone = gone
        self._fleets.add(track)
        self._left.extend((topic, track) for topic in self._topics.place(track))

    def _add_track(self, tenant_id: UUID, state: VehicleState) -> Track:
        track = self._tracks[state.vehicle_id.int] = Track(tenant_id, state)
        self._fleets.add(track)
        self._topics.place(track)
        return track

    def _add_topic(self, audience: Audience) -> Topic:
        topic = Topic(audience, self._make_epoch(), self._offset, self._options.history_events)
        self._topics.add(topic, self._shown_by(audience))
        return topic

    def _shown_by(self, audience: Audience) -> Iterable[Track]:
        if audience.vehicle_ids is None:
            return self._fleets.candidates(audience)
        found = (self._tracks.get(vehicle_id.int) for vehicle_id in audience.vehicle_ids)
        return [track for track in found if track is not None]

    def _fleet_of(self, channels: Sequence[Channel]) -> UUID | None:
        for channel in channels:
            if channel.kind == "vehicle" and channel.id is not None:
                track = self._tracks.get(channel.id.int)
                return None if track is None else track.fleet_id
        return None
