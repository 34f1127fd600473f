"""One connection's outbox: replies in order, events that are never dropped, newest positions."""

from collections import deque
from collections.abc import Callable
from itertools import islice
from uuid import UUID

from milepost.domain.revocation import Credential
from milepost.live.closing import TOO_SLOW, Closing
from milepost.live.requests import Bounds
from milepost.live.topics import NO_PLACE, Batch, Topic, Track

# A viewport may show few of many vehicles; looking at this many takes some milliseconds.
_LOOKED_AT_ONCE = 5_000
# What waits on further channels goes into the next frame.
_FULL_FRAME_CHARS = 300_000


class Subscription:
    """One connection's view of one topic.

    Telemetry that waits is a set of vehicles, not a queue: when the viewer is ready they are sent
    with their newest state, at most `slice_vehicles` a frame. `delivered` is the offset up to
    which the client has everything, `offset` that of the newest flush offered to it.
    """

    __slots__ = (
        "_fresh",
        "_next_slice",
        "_slice_vehicles",
        "bounds",
        "delivered",
        "events",
        "inside",
        "offset",
        "pending",
        "topic",
    )

    def __init__(
        self,
        topic: Topic,
        bounds: Bounds | None,
        delivered: int,
        offset: int,
        slice_vehicles: int,
    ) -> None:
        self._slice_vehicles = slice_vehicles
        self.topic = topic
        self.bounds = bounds
        self.delivered = delivered
        self.offset = offset
        self.pending: dict[Track, None] = {}
        self.events: list[str] = []
        self._fresh: Batch | None = None
        self._next_slice = 0
        self.inside: set[Track] = set()

    @property
    def waits(self) -> bool:
        """Whether there is something to take."""
        return self._fresh is not None or bool(self.pending) or bool(self.events)

    def offer(self, batch: Batch) -> None:
        """A flush changed these vehicles."""
        self.offset = batch.offset
        if self._fresh is None and not self.pending and self.bounds is None:
            self._fresh = batch
            self._next_slice = 0
            return
        if self._fresh is not None:
            self.pending.update(dict.fromkeys(self._fresh.from_slice(self._next_slice)))
            self._fresh = None
        self.pending.update(dict.fromkeys(batch.tracks))

    def take(self) -> tuple[str, int]:
        """What waits, as messages joined by commas, and how many events are in it.

        While vehicles remain for another slice, the messages are no place to resume from and
        events wait, so that a client that is cut off here and resumes misses nothing.
        """
        if self._fresh is not None:
            return self._take_shared(self._fresh)
        tracks = self.take_tracks()
        if self.pending:
            return self.topic.telemetry(tracks, NO_PLACE), 0
        return self._finish(self.topic.telemetry(tracks, self.offset) if tracks else "")

    def _take_shared(self, batch: Batch) -> tuple[str, int]:
        text = batch.text(self._next_slice)
        self._next_slice += 1
        if self._next_slice < batch.slice_count:
            return text, 0
        self._fresh = None
        return self._finish(text)

    def take_tracks(self) -> list[Track]:
        """The next vehicles to send, cut to the viewport; there may be none yet."""
        pending, bounds = self.pending, self.bounds
        tracks: list[Track] = []
        looked_at = 0
        for track in pending:
            looked_at += 1
            if bounds is None or self._in_view(track, bounds):
                tracks.append(track)
            if len(tracks) == self._slice_vehicles or looked_at == _LOOKED_AT_ONCE:
                break
        if looked_at == len(pending):
            pending.clear()
        for track in list(islice(pending, looked_at)):
            del pending[track]
        return tracks

    def _finish(self, telemetry: str) -> tuple[str, int]:
        self.delivered = self.offset
        if not self.events:
            return telemetry, 0
        events, self.events = self.events, []
        if telemetry:
            return ",".join([*events, telemetry]), len(events)
        return ",".join(events), len(events)

    def _in_view(self, track: Track, bounds: Bounds) -> bool:
        """Whether to send it: it is in the viewport, or was when it was last sent."""
        state = track.state
        latitude_deg, longitude_deg = state.latitude_deg, state.longitude_deg
        if (
            track in self.topic.members
            and latitude_deg is not None
            and longitude_deg is not None
            and bounds.contains(latitude_deg, longitude_deg)
        ):
            self.inside.add(track)
            return True
        if track in self.inside:
            self.inside.remove(track)
            return True
        return False


class Viewer:
    """What the hub knows of a connection.

    `wake` is called when there is something to take, `end` when the connection is to end.
    """

    __slots__ = (
        "_closing",
        "_end",
        "_event_count",
        "_max_events",
        "_replies",
        "credential",
        "needs_recheck",
        "subscriptions",
        "tenant_id",
        "wake",
    )

    def __init__(
        self,
        tenant_id: UUID,
        credential: Credential,
        wake: Callable[[], None],
        end: Callable[[], None],
        max_events: int,
    ) -> None:
        self.tenant_id = tenant_id
        self.credential = credential
        self.wake = wake
        self._end = end
        self.subscriptions: dict[str, Subscription] = {}
        self.needs_recheck = False
        self._max_events = max_events
        self._event_count = 0
        self._replies: deque[str] = deque()
        self._closing: Closing | None = None

    @property
    def closing(self) -> Closing | None:
        """Why the connection is to end, once it is."""
        return self._closing

    @property
    def waits(self) -> bool:
        """Whether there is more to take, although the last frame was None."""
        return any(subscription.waits for subscription in self.subscriptions.values())

    @property
    def reply_count(self) -> int:
        """How many replies wait; whoever reads the client's messages waits for them to go."""
        return len(self._replies)

    def close(self, closing: Closing) -> None:
        """Ask the connection to end; the first reason stands."""
        if self._closing is None:
            self._closing = closing
        self._end()

    def reply(self, frame: str) -> None:
        """Send a frame before anything else."""
        self._replies.append(frame)
        self.wake()

    def add_events(self, subscription: Subscription, events: list[str]) -> None:
        """Events for a subscription; a viewer with too many unread ones is closed."""
        self._event_count += len(events)
        if self._event_count > self._max_events:
            self.close(TOO_SLOW)
            return
        subscription.events.extend(events)

    def forget(self, subscription: Subscription) -> None:
        """The subscription has ended: what waits for it is not sent."""
        self._event_count -= len(subscription.events)
        del self.subscriptions[subscription.topic.name]

    def take(self) -> str | None:
        """The next frame, or None when there is nothing to send now."""
        if self._replies:
            return self._replies.popleft()
        parts: list[str] = []
        chars = 0
        served: list[str] = []
        for name, subscription in self.subscriptions.items():
            if not subscription.waits:
                continue
            if chars > _FULL_FRAME_CHARS:
                self._queue_behind(served)
                break
            text, events = subscription.take()
            self._event_count -= events
            served.append(name)
            if text:
                parts.append(text)
                chars += len(text)
        return f'{{"type":"batch","messages":[{",".join(parts)}]}}' if parts else None

    def _queue_behind(self, names: list[str]) -> None:
        """Let the channels that had to wait be the first in the next frame."""
        for name in names:
            self.subscriptions[name] = self.subscriptions.pop(name)
