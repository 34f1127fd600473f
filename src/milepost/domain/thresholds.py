"""The numbers that decide what is a trip; a tenant's and a vehicle's own may replace them."""

import msgspec


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """When a vehicle moves, stops, idles, and when data is not believed.

    A trip ends when the vehicle has stood for `stop_min_duration_s`, and its end is where it
    halted. A silence longer than `gap_min_duration_s` is a data gap. `moving_min_speed_kmh` and
    `moving_min_distance_m` together keep the drift of a parked receiver from being motion.
    `jump_max_speed_kmh` is the fastest believable ground speed between two fixes.
    `future_max_s` is how far a device's clock may run ahead of the server's.
    """

    stop_min_duration_s: float = 300.0
    trip_min_duration_s: float = 60.0
    trip_min_distance_m: float = 300.0
    gap_min_duration_s: float = 1800.0
    moving_min_speed_kmh: float = 5.0
    moving_min_distance_m: float = 150.0
    idling_min_duration_s: float = 60.0
    jump_max_speed_kmh: float = 400.0
    future_max_s: float = 86400.0
    use_ignition: bool = True
