"""Which topics there are, and which of them show a vehicle or carry an event."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from milepost.live.channels import EVERY_ADMIN_CHANNEL, Channel
from milepost.live.topics import Audience, Topic, Track

_EVERY_VEHICLE = "fleet:all"


class TopicIndex:
    """Topics by audience and by name. It keeps each track's list of topics right."""

    def __init__(self) -> None:
        self._by_audience: dict[Audience, Topic] = {}
        self._by_name: dict[str, list[Topic]] = {}

    def __len__(self) -> int:
        return len(self._by_audience)

    def get(self, audience: Audience) -> Topic | None:
        """The audience's topic, if someone has asked for it."""
        return self._by_audience.get(audience)

    def add(self, topic: Topic, tracks: Iterable[Track]) -> None:
        """A new topic; those of the tracks that it may show join it."""
        audience = topic.audience
        self._by_audience[audience] = topic
        self._by_name.setdefault(topic.name, []).append(topic)
        if audience.shows_vehicles:
            for track in tracks:
                if _shows(audience, track):
                    topic.join(track)

    def drop(self, topic: Topic) -> None:
        """Forget a topic and its history."""
        del self._by_audience[topic.audience]
        namesakes = self._by_name[topic.name]
        namesakes.remove(topic)
        if not namesakes:
            del self._by_name[topic.name]
        for track in list(topic.members):
            topic.leave(track)

    def idle_since(self, time_s: float) -> list[Topic]:
        """Topics that have had no subscriber since before the time."""
        return [
            topic
            for topic in self._by_audience.values()
            if not topic.subscriptions and topic.idle_since_s <= time_s
        ]

    def place(self, track: Track) -> list[Topic]:
        """Let the track join the topics that may show it now; those it had to leave come back."""
        left = [topic for topic in track.topics if not _shows(topic.audience, track)]
        for topic in left:
            topic.leave(track)
        for topic in self._candidates(track):
            if track not in topic.members and _shows(topic.audience, track):
                topic.join(track)
        return left

    def for_event(
        self,
        tenant_id: UUID | None,
        channels: Sequence[Channel],
        fleet_id: UUID | None,
        *,
        of_command: bool,
    ) -> list[Topic]:
        """The topics that carry an event of these channels, each once.

        `fleet_id` is the fleet of the vehicle that the event is about, where no channel names it.
        What is `of_command` is for those who may read commands.
        """
        vehicle_id, fleet_id = _about(channels, fleet_id)
        names = dict.fromkeys(channel.name for channel in channels)
        if vehicle_id is not None or fleet_id is not None:
            names[_EVERY_VEHICLE] = None
        if any(channel.kind == "admin" for channel in channels):
            names[EVERY_ADMIN_CHANNEL] = None
        return [
            topic
            for name in names
            for topic in self._by_name.get(name, ())
            if (tenant_id is None or topic.audience.tenant_id == tenant_id)
            and (topic.audience.commands or not of_command)
            and (not topic.audience.shows_vehicles or topic.audience.admits(vehicle_id, fleet_id))
        ]

    def _candidates(self, track: Track) -> Iterable[Topic]:
        names = [f"vehicle:{track.vehicle_id}", _EVERY_VEHICLE]
        if track.fleet_id is not None:
            names.append(f"fleet:{track.fleet_id}")
        return [topic for name in names for topic in self._by_name.get(name, ())]


def _shows(audience: Audience, track: Track) -> bool:
    if track.gone or audience.tenant_id != track.tenant_id:
        return False
    return audience.admits(track.vehicle_id, track.fleet_id)


def _about(channels: Sequence[Channel], fleet_id: UUID | None) -> tuple[UUID | None, UUID | None]:
    vehicle_id = None
    for channel in channels:
        if channel.kind == "vehicle":
            vehicle_id = channel.id
        elif channel.kind == "fleet":
            fleet_id = channel.id
    return vehicle_id, fleet_id
