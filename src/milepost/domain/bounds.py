"""What a position may hold: the range of each number, and the sizes of texts and lists.

A bound is where the nonsense begins and not where it gets unusual: a wider one would do harm, a
narrower one would take true values from somebody. Each fits the columns of both engines (32-bit
integers; day totals as decimals; `DateTime64(3)`), and integers fit into a double.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from milepost.domain.message import Message
from milepost.domain.position import Position


class Bounds(msgspec.Struct, frozen=True):
    """The least and the most that is believed to have been measured, both included."""

    least: float
    most: float


EARLIEST_FIX_TIME_MS = 0
"""1970-01-01: totals of 10 minutes have 32-bit seconds since then."""

LATEST_FIX_TIME_MS = 10_413_791_999_999
"""2299-12-31T23:59:59.999Z, the last time of a `DateTime64(3)` of ClickHouse.

A report whose time is no time stands here, and the core puts it aside as one of the future.
"""

NUMBERS: Mapping[str, Bounds] = MappingProxyType(
    {
        "fix_time_ms": Bounds(EARLIEST_FIX_TIME_MS, LATEST_FIX_TIME_MS),
        "latitude_deg": Bounds(-90, 90),
        "longitude_deg": Bounds(-180, 180),
        "altitude_m": Bounds(-12_262, 100_000),
        "speed_kmh": Bounds(0, 2_000),
        "course_deg": Bounds(0, 360),
        "hdop": Bounds(0, 10_000),
        "satellites": Bounds(0, 255),
        "odometer_m": Bounds(0, 1e11),
        "engine_hours_h": Bounds(0, 1e7),
        "fuel_level_pct": Bounds(0, 150),
        "fuel_used_l": Bounds(0, 1e8),
        "engine_rpm": Bounds(0, 100_000),
        "throttle_pct": Bounds(0, 150),
        "engine_load_pct": Bounds(0, 250),
        "coolant_temp_c": Bounds(-274, 2_000),
        "engine_oil_temp_c": Bounds(-274, 2_000),
        "oil_pressure_kpa": Bounds(0, 100_000),
        "battery_v": Bounds(-100, 10_000),
        "tire_pressures_kpa": Bounds(0, 100_000),
        "gear": Bounds(-128, 127),
        "signals": Bounds(-1e15, 1e15),
        "reference": Bounds(0, 2**63 - 1),
    }
)
"""By the fields of `Position` and `Message`; of a list or a mapping, what holds for each number."""

DECIMALS: Mapping[str, int] = MappingProxyType(
    {
        "latitude_deg": 7,
        "longitude_deg": 7,
        "altitude_m": 1,
        "speed_kmh": 2,
        "course_deg": 1,
        "hdop": 2,
        "odometer_m": 1,
        "engine_hours_h": 4,
        "fuel_level_pct": 2,
        "fuel_used_l": 3,
        "engine_rpm": 3,
        "throttle_pct": 2,
        "engine_load_pct": 2,
        "coolant_temp_c": 2,
        "engine_oil_temp_c": 2,
        "oil_pressure_kpa": 2,
        "battery_v": 3,
    }
)
"""How many decimals a number of `Position` keeps: those of the finest tracker, and no more.

The gate rounds to them, so that what is folded is what is stored.
"""

MOST: Mapping[str, int] = MappingProxyType(
    {"tire_pressures_kpa": 64, "event_codes": 100, "signals": 500, "attributes": 500}
)
"""How many entries a list or a mapping has at most."""

MOST_NAME_CHARS = 200
"""Of a signal's path, an attribute's name, an event code."""

MOST_TEXT_CHARS = 8_192
"""Of an attribute, and of a device's answer to a command."""

REFUSED = "refused:"
"""What an attribute begins with that keeps a refused value as text: `refused:fuel_used_l`."""

FIELDS = frozenset((*Position.__struct_fields__, *Message.__struct_fields__))
"""Everything that can be refused, for the labels of a counter."""
