"""Positions, contexts and last states for the tests of the stores."""

from uuid import UUID, uuid4

from hypothesis import strategies as st

from milepost.domain.bounds import DECIMALS, NUMBERS
from milepost.domain.position import Position
from milepost.gateway.rounding import rounded
from milepost.stores.positions_arrow import RowContext

START_MS = 1_750_000_000_000
CONTEXT = RowContext(b"t" * 16, b"d" * 16, b"v" * 16, bytes(16), "teltonika", START_MS)
FULL = Position(
    fix_time_ms=START_MS,
    latitude_deg=52.520008,
    longitude_deg=13.404954,
    altitude_m=34.5,
    speed_kmh=51.0,
    course_deg=271.5,
    valid=False,
    hdop=0.9,
    satellites=11,
    ignition=True,
    odometer_m=1_234_567.0,
    engine_hours_h=321.25,
    fuel_level_pct=63.5,
    fuel_used_l=8123.4,
    engine_rpm=1850.0,
    throttle_pct=22.0,
    engine_load_pct=45.5,
    coolant_temp_c=88.0,
    engine_oil_temp_c=97.0,
    oil_pressure_kpa=310.0,
    battery_v=13.8,
    tire_pressures_kpa=(230.0, None, 228.5),
    brake_pedal=False,
    gear=-1,
    alarm="sos",
    event_codes=("io:239", "io:240"),
    damaged=True,
    signals={"Vehicle.Cabin.HVAC.AmbientAirTemperature": 21.5},
    attributes={"io:385": "00ff", "operator": "Ümlaut"},
)


def context(
    tenant_id: UUID, device_id: UUID, vehicle_id: UUID, received_time_ms: int = START_MS
) -> RowContext:
    return RowContext(
        tenant_id.bytes,
        device_id.bytes,
        vehicle_id.bytes,
        bytes(16),
        "teltonika",
        received_time_ms,
    )


def drive(count: int, *, step_ms: int = 10_000, start_ms: int = START_MS) -> list[Position]:
    return [
        Position(
            start_ms + i * step_ms,
            52.5 + i * 1e-4,
            13.4,
            speed_kmh=float(30 + i % 40),
            ignition=True,
        )
        for i in range(count)
    ]


def positions() -> st.SearchStrategy[Position]:
    """Positions as they come out of the gate."""
    numbers = st.none() | st.floats(-1e9, 1e9)
    texts = st.text(max_size=8)
    own = {
        "fix_time_ms": st.integers(0, 4_000_000_000_000),
        "satellites": st.none() | st.integers(0, 60),
        "gear": st.none() | st.integers(-1, 12),
        "valid": st.booleans(),
        "damaged": st.booleans(),
        "ignition": st.none() | st.booleans(),
        "brake_pedal": st.none() | st.booleans(),
        "alarm": st.none() | texts,
        "tire_pressures_kpa": st.lists(numbers, max_size=4).map(tuple),
        "event_codes": st.lists(texts, max_size=3).map(tuple),
        "signals": st.dictionaries(texts, st.floats(-1e9, 1e9), max_size=3),
        "attributes": st.dictionaries(texts, texts, max_size=3),
    }
    own |= {name: st.none() | _measured(name) for name in DECIMALS}
    return st.builds(Position, **own).map(rounded)


def _measured(name: str) -> st.SearchStrategy[float]:
    bounds = NUMBERS[name]
    return st.floats(bounds.least, bounds.most)


def new_ids(count: int) -> list[UUID]:
    return [uuid4() for _ in range(count)]
