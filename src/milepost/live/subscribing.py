"""The start of a subscription: a snapshot, or exactly what a returning client missed."""

import msgspec

from milepost.live.messages import RequestId
from milepost.live.requests import Bounds, Place
from milepost.live.topics import NO_PLACE, Topic, Track
from milepost.live.viewer import Subscription

_encode = msgspec.json.Encoder().encode


class Start(msgspec.Struct, frozen=True):
    """What to answer a `subscribe` with.

    `offset` is how far the client has got once it has read the answer. `recovered` is None unless
    it asked to resume. `complete`: the vehicles are all there are, else those that changed.
    `vehicles` is None on channels without telemetry.
    """

    topic: Topic
    offset: int
    recovered: bool | None
    complete: bool
    vehicles: list[Track] | None
    missed: list[str]


def begin(
    topic: Topic,
    bounds: Bounds | None,
    resume: Place | None,
    previous: Subscription | None,
    newest: int,
    slice_vehicles: int,
) -> tuple[Subscription, Start]:
    """A subscription and its first data; `newest` is the hub's offset now.

    `previous` is the same connection's subscription of the same topic, which this one replaces:
    its unread events are handed on. A viewport always starts with all the vehicles in it, because
    the client may have moved it while it was away.
    """
    recovered = None
    base, missed = NO_PLACE, []
    if resume is not None:
        recovered = topic.reaches(resume, newest)
    if resume is not None and recovered:
        base, missed = resume.offset, topic.events_after(resume.offset)
    elif previous is not None:
        base, missed = previous.delivered, previous.events
    complete = not recovered or bounds is not None
    subscription = Subscription(topic, bounds, base, newest, slice_vehicles)
    subscription.pending = dict.fromkeys(topic.members if complete else topic.changed_after(base))
    vehicles = subscription.take_tracks()
    if subscription.pending and complete:
        subscription.delivered = NO_PLACE
    elif not subscription.pending and not missed:
        subscription.delivered = newest
    shown = vehicles if topic.audience.shows_vehicles else None
    start = Start(topic, subscription.delivered, recovered, complete, shown, missed)
    return subscription, start


def initial_data_json(start: Start, request_id: RequestId | None) -> str:
    """The `initial_data` message. Vehicles beyond the first slice follow as `telemetry_update`."""
    topic = start.topic
    tracks = start.vehicles or []
    vehicles = ",".join([track.json() for track in tracks if track in topic.members])
    removed = ",".join([f'"{track.vehicle_id}"' for track in tracks if track not in topic.members])
    identified = "" if request_id is None else f'"requestId":{_encode(request_id).decode()},'
    return (
        f'{{"type":"initial_data",{identified}"data":{{"channel":"{topic.name}",'
        f'"epoch":"{topic.epoch}","offset":{start.offset},'
        f'"complete":{"true" if start.complete else "false"},'
        f'"vehicles":[{vehicles}],"removed":[{removed}]}}}}'
    )
