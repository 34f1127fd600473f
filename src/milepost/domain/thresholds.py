"""The numbers that decide what is a trip and what is safe; tenants and vehicles may differ."""

import msgspec


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """When a vehicle moves, stops, idles, and when data is not believed.

    A trip ends when the vehicle has stood for `stop_min_duration_s` (or the ignition went off), and
    its end is where it halted. A trip shorter than `trip_min_duration_s` or `trip_min_distance_m`
    is none. No fix for longer than `gap_min_duration_s` is a data gap. A fix below
    `moving_min_speed_kmh` is slow; a vehicle has left its resting place when it is
    `moving_min_distance_m` away: together they keep the drift of a parked receiver from being
    motion. Standing with the ignition on for `idling_min_duration_s` is an idling event.
    `jump_max_speed_kmh` is the fastest believable ground speed between two fixes. `future_max_s` is
    how far a device's clock may run ahead of the server's. `use_ignition` is off for vehicles whose
    ignition wire cannot be trusted: motion alone decides then. `engine_stop_max_speed_kmh` is the
    speed up to which a vehicle's engine may be cut off.
    """

    stop_min_duration_s: float = 300.0
    trip_min_duration_s: float = 60.0
    trip_min_distance_m: float = 300.0
    gap_min_duration_s: float = 1800.0
    moving_min_speed_kmh: float = 5.0
    moving_min_distance_m: float = 150.0
    idling_min_duration_s: float = 60.0
    jump_max_speed_kmh: float = 400.0
    future_max_s: float = 900.0
    use_ignition: bool = True
    engine_stop_max_speed_kmh: float = 20.0
