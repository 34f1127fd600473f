"""Events: what happened at one fix, told at once.

An event keeps when it was first written and whether it was late then: it is told once.
"""

from typing import get_args

from milepost.domain.trip import Event, EventKind
from milepost.stream.conclusion import Conclusion, LiveEvent, Occasion, OutputKey, Row, unix_ms


def _key(event: Event) -> OutputKey:
    qualifier = f"{event.kind}/{event.detail.get('alarm', '')}"
    return ("event", unix_ms(event.fix_time), qualifier)


def _row(event: Event, occasion: Occasion) -> Row:
    place = event.place
    return {
        "kind": event.kind,
        "fix_time": event.fix_time,
        "received_time": occasion.written_time,
        "late": occasion.late,
        "latitude_deg": None if place is None else place.latitude_deg,
        "longitude_deg": None if place is None else place.longitude_deg,
        "detail": event.detail,
    }


def _name(event: Event) -> str:
    return event.kind


def _data(event: Event) -> Row:
    place = event.place
    return {
        "kind": event.kind,
        "fixTime": event.fix_time,
        "location": None
        if place is None
        else {"lat": place.latitude_deg, "lng": place.longitude_deg},
        "detail": event.detail,
    }


CONCLUSION = Conclusion(
    output_type=Event,
    key=_key,
    table="events",
    row=_row,
    kept_columns=("received_time", "late"),
    live_event=LiveEvent(names=get_args(EventKind), name=_name, data=_data),
    permission="read",
)
