"""The step that concludes crawls."""

from datetime import UTC, datetime

import msgspec
from milepost.stream.conclusions.crawls import Crawl

from milepost.stream.contract import Run, Step

SLOW_KMH = 5.0


class Pace(msgspec.Struct, frozen=True):
    """The last known speed."""

    speed_kmh: float = 0.0


def _advance(own: Pace, run: Run) -> Pace:
    speed_kmh = own.speed_kmh
    for position in run.positions:
        reported = position.speed_kmh
        if reported is None:
            continue
        if reported < SLOW_KMH <= speed_kmh:
            time = datetime.fromtimestamp(position.fix_time_ms / 1000, UTC)
            run.conclude(Crawl(time, reported), position.fix_time_ms)
        speed_kmh = reported
    return Pace(speed_kmh)


STEP = Step(slice_type=Pace, advance=_advance)
