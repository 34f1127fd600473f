"""A phone with OsmAnd or Traccar Client: an HTTP request for each position."""

from collections.abc import Sequence
from urllib.parse import urlencode

from milepost.domain.position import Position
from milepost.protocols.wire.speeds import KMH_PER_KNOT

# Smaller numbers are read as seconds.
_FIRST_MILLISECONDS = 10**11


class OsmandEncoder:
    """`positions()` gives raw HTTP/1.1 requests on a kept-alive connection, one after the other."""

    def login(self, unique_id: str) -> bytes:
        """Nothing."""
        del unique_id
        return b""

    def positions(self, unique_id: str, positions: Sequence[Position]) -> bytes:
        """A GET request for each position, with a Host header."""
        return b"".join(_request(unique_id, position) for position in positions)

    def acknowledged(self, data: bytes) -> int:
        """Answers with status 200."""
        return data.count(b"HTTP/1.1 200")


def _timestamp(time_ms: int) -> int | float:
    return time_ms if time_ms >= _FIRST_MILLISECONDS else time_ms / 1000


def _request(unique_id: str, position: Position) -> bytes:
    knots = None if position.speed_kmh is None else round(position.speed_kmh / KMH_PER_KNOT, 4)
    ignition = None if position.ignition is None else str(position.ignition).lower()
    parameters = {
        "id": unique_id,
        "timestamp": _timestamp(position.fix_time_ms),
        "lat": position.latitude_deg,
        "lon": position.longitude_deg,
        "valid": None if position.valid else "false",
        "speed": knots,
        "bearing": position.course_deg,
        "altitude": position.altitude_m,
        "hdop": position.hdop,
        "sat": position.satellites,
        "ignition": ignition,
        "odometer": position.odometer_m,
        "fuel": position.fuel_level_pct,
        "fuelUsed": position.fuel_used_l,
        "rpm": position.engine_rpm,
        "power": position.battery_v,
        "coolantTemp": position.coolant_temp_c,
        "engineLoad": position.engine_load_pct,
        "throttle": position.throttle_pct,
        "hours": position.engine_hours_h,
        "alarm": position.alarm,
        "accuracy": position.attributes.get("accuracyM"),
    }
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    return f"GET /?{query} HTTP/1.1\r\nHost: milepost\r\n\r\n".encode("ascii")
