"""What a tracker says of one instant."""

import msgspec


class Position(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One report of a device: where it was at `fix_time_ms`, and what it measured then.

    A report without a fix has `latitude_deg` and `longitude_deg` None: it is a *status*. It is
    stored like any other report and never drawn or counted as a place.

    Times are milliseconds since the Unix epoch, UTC: the hot path makes thousands of these a
    second, and an aware datetime costs more than the rest of the row. Everything that people read
    (trips, events, the API) has aware datetimes.

    `signals` maps a COVESA VSS 6.0 path to a number in the unit that VSS gives the path.
    `attributes` keeps what has no place in VSS: texts, and unknown elements by id (`io:385`) with
    their raw value in hex. `damaged` marks a report whose checksum was wrong and that a lenient
    device setting let through.
    """

    fix_time_ms: int
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None
    speed_kmh: float | None = None
    course_deg: float | None = None
    valid: bool = True
    hdop: float | None = None
    satellites: int | None = None
    ignition: bool | None = None
    odometer_m: float | None = None
    engine_hours_h: float | None = None
    fuel_level_pct: float | None = None
    fuel_used_l: float | None = None
    engine_rpm: float | None = None
    throttle_pct: float | None = None
    engine_load_pct: float | None = None
    coolant_temp_c: float | None = None
    engine_oil_temp_c: float | None = None
    oil_pressure_kpa: float | None = None
    battery_v: float | None = None
    tire_pressures_kpa: tuple[float | None, ...] = ()
    brake_pedal: bool | None = None
    gear: int | None = None
    alarm: str | None = None
    event_codes: tuple[str, ...] = ()
    damaged: bool = False
    signals: dict[str, float] = {}
    attributes: dict[str, str] = {}

    @property
    def has_fix(self) -> bool:
        """Whether the report says where the device was."""
        return self.latitude_deg is not None and self.longitude_deg is not None
