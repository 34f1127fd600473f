"""Numbers are rounded to the decimals that are kept, and to nothing else."""

import re

from hypothesis import given

from milepost.domain.bounds import DECIMALS, NUMBERS
from milepost.domain.position import Position
from milepost.gateway.gate import check_position
from milepost.gateway.rounding import rounded
from milepost.stores.clickhouse.handles import Handles, chdb_client
from milepost.stores.data_folder import DataFolder
from milepost.stores.telemetry import Telemetry
from tests.stores.samples import FULL, positions


def test_numbers_lose_what_no_tracker_measures() -> None:
    # 48° 07.038' and 11° 31.000', as a GPRMC sentence has them; 22.4 knots.
    came = Position(
        0,
        48 + 7.038 / 60,
        11 + 31.0 / 60,
        altitude_m=545.44,
        speed_kmh=22.4 * 1.852,
        course_deg=84.449,
        engine_hours_h=3_601 / 3600,
        fuel_used_l=0.49841499999999994,
        battery_v=12.5,
        signals={"Vehicle.Speed": 41.48480000000001},
    )
    assert check_position(came, []) == Position(
        0,
        48.1173,
        11.5166667,
        altitude_m=545.4,
        speed_kmh=41.48,
        course_deg=84.4,
        engine_hours_h=1.0003,
        fuel_used_l=0.498,
        battery_v=12.5,
        signals={"Vehicle.Speed": 41.48480000000001},
    )


def test_half_goes_to_the_even_digit() -> None:
    assert rounded(Position(0, altitude_m=-12.25, course_deg=0.75)) == Position(
        0, altitude_m=-12.2, course_deg=0.8
    )


def test_a_position_at_its_decimals_is_the_same_object() -> None:
    assert check_position(FULL, []) is FULL
    whole = Position(0, 50, 7, speed_kmh=3)
    assert check_position(whole, []) is whole


def test_the_ends_of_each_range_stay_as_they_are() -> None:
    for end in ("least", "most"):
        values = {name: getattr(NUMBERS[name], end) for name in DECIMALS}
        assert rounded(Position(0, **values)) == Position(0, **values)


@given(positions())
def test_a_rounded_position_stays_as_it_is(position: Position) -> None:
    assert rounded(position) is position


async def test_the_store_keeps_as_many_decimals(
    data_folder: DataFolder, telemetry: Telemetry
) -> None:
    """What the gate lets pass is what comes back: the columns have these scales, and room."""
    handles = Handles(lambda: chdb_client(data_folder.clickhouse), 1, "test")
    await handles.open()
    sql = "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = 'positions' AND type LIKE '%Decimal%'"  # noqa: E501
    columns = await handles.read(sql, {}, lambda found: found.to_pylist())
    await handles.close()
    kinds = {each["name"]: tuple(map(int, re.findall(r"\d+", each["type"]))) for each in columns}
    assert {name: scale for name, (_, scale) in kinds.items()} == DECIMALS
    for name, (digits, scale) in kinds.items():
        furthest = max(abs(NUMBERS[name].least), abs(NUMBERS[name].most))
        assert round(furthest * 10**scale) < 10**digits, name
