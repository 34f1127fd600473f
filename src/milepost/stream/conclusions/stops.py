"""Stops: kept with whoever had driven there."""

from milepost.domain.trip import Stop
from milepost.stream.conclusion import Conclusion, Occasion, OutputKey, Row, unix_ms
from milepost.stream.conclusions.journeys import journey_row


def _key(stop: Stop) -> OutputKey:
    return ("stop", unix_ms(stop.start_time), "")


def _row(stop: Stop, _: Occasion) -> Row:
    return journey_row(stop) | {
        "latitude_deg": stop.place.latitude_deg,
        "longitude_deg": stop.place.longitude_deg,
        "distance_m": stop.distance_m,
        "driving_s": stop.driving_s,
    }


CONCLUSION = Conclusion(
    output_type=Stop,
    key=_key,
    table="stops",
    row=_row,
    driven_since="start_time",
    permission="read",
)
