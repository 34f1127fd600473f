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
    it asked to resume. `vehicles` is the snapshot; None on channels without telemetry, and after a
    recovery, when what changed follows as updates.
    """

    topic: Topic
    offset: int
    recovered: bool | None
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
    its unread events are handed on. A viewport always starts with a snapshot, because the client
    may have moved it while it was away.
    """
    recovered = None if resume is None else topic.reaches(resume, newest)
    base, missed = NO_PLACE, []
    if resume is not None and recovered:
        base, missed = resume.offset, topic.events_after(resume.offset)
    elif previous is not None:
        base, missed = previous.delivered, previous.events
    subscription = Subscription(topic, bounds, base, newest, slice_vehicles)
    vehicles = None
    if recovered and bounds is None:
        subscription.pending = dict.fromkeys(topic.changed_after(base))
    else:
        subscription.pending = dict.fromkeys(topic.members)
        vehicles = subscription.take_tracks()
        if subscription.pending:
            subscription.delivered = NO_PLACE
    if not subscription.pending and not missed:
        subscription.delivered = newest
    shown = vehicles if topic.audience.shows_vehicles else None
    return subscription, Start(topic, subscription.delivered, recovered, shown, missed)


def initial_data_json(
    topic: Topic, offset: int, vehicles: list[Track], request_id: RequestId | None
) -> str:
    """The `initial_data` message. Vehicles beyond the first slice follow as `telemetry_update`."""
    shown = ",".join([track.json() for track in vehicles])
    identified = "" if request_id is None else f'"requestId":{_encode(request_id).decode()},'
    return (
        f'{{"type":"initial_data",{identified}"data":{{"channel":"{topic.name}",'
        f'"epoch":"{topic.epoch}","offset":{offset},"vehicles":[{shown}]}}}}'
    )
