"""Trips: kept with whoever drove; viewers hear of them by the events of their start and end."""

from milepost.domain.trip import Trip
from milepost.stream.conclusion import Conclusion, Occasion, OutputKey, Row, unix_ms
from milepost.stream.conclusions.journeys import journey_row


def _key(trip: Trip) -> OutputKey:
    return ("trip", unix_ms(trip.start_time), "")


def _row(trip: Trip, _: Occasion) -> Row:
    return journey_row(trip) | {
        "start_latitude_deg": trip.start_place.latitude_deg,
        "start_longitude_deg": trip.start_place.longitude_deg,
        "end_latitude_deg": trip.end_place.latitude_deg,
        "end_longitude_deg": trip.end_place.longitude_deg,
        "distance_m": trip.distance_m,
        "driving_s": trip.driving_s,
        "max_speed_kmh": trip.max_speed_kmh,
        "fuel_used_l": trip.fuel_used_l,
    }


CONCLUSION = Conclusion(
    output_type=Trip,
    key=_key,
    table="trips",
    row=_row,
    driven_since="start_time",
    permission="read",
)
