"""What trips and stops have in common as rows."""

import msgspec

from milepost.domain.trip import Stop, Trip
from milepost.stream.conclusion import Row


def journey_row(journey: Trip | Stop) -> Row:
    """The columns that both tables have."""
    start, end = journey.start_explanation, journey.end_explanation
    return {
        "start_time": journey.start_time,
        "end_time": journey.end_time,
        "idling_s": journey.idling_s,
        "position_count": journey.position_count,
        "has_gap": journey.has_gap,
        "start_reason": start.reason,
        "end_reason": None if end is None else end.reason,
        "start_explanation": msgspec.to_builtins(start),
        "end_explanation": None if end is None else msgspec.to_builtins(end),
    }
