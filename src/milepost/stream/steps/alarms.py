"""An event when a device begins to report an alarm; repeats of it in a row are one alarm."""

from datetime import UTC, datetime

import msgspec

from milepost.domain.position import Position
from milepost.domain.trip import Event, Place
from milepost.stream.contract import Run, Step


class Alarm(msgspec.Struct, frozen=True, gc=False):
    """The alarm of the last report."""

    alarm: str | None = None


def _advance(own: Alarm, run: Run) -> Alarm:
    alarm = own.alarm
    for position in run.positions:
        if position.alarm is not None and position.alarm != alarm:
            run.conclude(_event(position, position.alarm), position.fix_time_ms)
        alarm = position.alarm
    return own if alarm == own.alarm else Alarm(alarm)


def _event(position: Position, alarm: str) -> Event:
    latitude, longitude = position.latitude_deg, position.longitude_deg
    return Event(
        kind="alarm",
        fix_time=datetime.fromtimestamp(position.fix_time_ms / 1000.0, UTC),
        place=None if latitude is None or longitude is None else Place(latitude, longitude),
        detail={"alarm": alarm},
    )


STEP = Step(slice_type=Alarm, advance=_advance)
