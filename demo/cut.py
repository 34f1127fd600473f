"""Cuts the demo's data out of the two published sources; run once, kept to show how it was done.

Usage: python demo/cut.py CAPMETRO.parquet ENVIROCAR_MEASUREMENTS.parquet ENVIROCAR_TRACKS.parquet
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

HERE = Path(__file__).parent
FIRST_DAY = datetime(2016, 11, 24, 6, tzinfo=UTC)
LAST_DAY_END = datetime(2016, 11, 27, 6, tzinfo=UTC)
BUSES = 48
BUS_COLUMNS = ["vehicle_id", "timestamp_utc", "latitude", "longitude", "speed", "route_id"]
CAR_COLUMNS = {
    "time": None,
    "lat": 6,
    "lon": 6,
    "GPS Speed [km/h]": 1,
    "Speed [km/h]": 1,
    "Rpm [u/min]": 0,
    "Throttle Position [%]": 1,
    "Engine Load [%]": 1,
    "GPS Altitude [m]": 1,
    "GPS Bearing [deg]": 0,
    "GPS HDOP [precision]": 1,
    "Consumption [l/h]": 3,
}


def cut_buses(source: pa.Table) -> pa.Table:
    """The 48 buses with most reports among those that ran on all three days."""
    time = source["timestamp_utc"]
    days = source.filter(pc.and_(pc.greater_equal(time, FIRST_DAY), pc.less(time, LAST_DAY_END)))
    counted = days.group_by("vehicle_id").aggregate(
        [("service_date", "count_distinct"), ("speed", "count")]
    )
    daily = counted.filter(pc.equal(counted["service_date_count_distinct"], 3))
    busiest = daily.sort_by([("speed_count", "descending"), ("vehicle_id", "ascending")])
    chosen = busiest["vehicle_id"].slice(0, BUSES)
    kept = days.filter(pc.is_in(days["vehicle_id"], chosen.combine_chunks()))
    ordered = kept.sort_by([("vehicle_id", "ascending"), ("timestamp_utc", "ascending")])
    return ordered.select(BUS_COLUMNS)


def cut_cars(measurements: pa.Table, tracks: pa.Table) -> pa.Table:
    """All drives, without those that were uploaded twice; rounded beyond what sensors resolve."""
    about = tracks.select(
        ["track_id", "manufacturer", "model", "constructionYear", "fuelType", "start", "end"]
    )
    kept: list[str] = []
    last_end: dict[str, datetime] = {}
    cars = dict(zip(tracks["track_id"].to_pylist(), tracks["car_id"].to_pylist(), strict=True))
    for row in about.sort_by("start").to_pylist():
        car = cars[row["track_id"]]
        if car in last_end and row["start"] < last_end[car]:
            continue
        last_end[car] = row["end"]
        kept.append(row["track_id"])
    rows = measurements.filter(pc.is_in(measurements["track_id"], pa.array(kept)))
    rows = rows.sort_by([("car_id", "ascending"), ("time", "ascending")])
    columns = {"track_id": rows["track_id"], "car_id": rows["car_id"]}
    for name, digits in CAR_COLUMNS.items():
        columns[name] = rows[name] if digits is None else pc.round(rows[name], digits)
    return pa.table(columns)


def main(capmetro: str, measurements: str, tracks: str) -> None:
    """Write the three files beside this one."""
    about = pq.read_table(tracks)
    cars = cut_cars(pq.read_table(measurements), about)
    used = about.filter(pc.is_in(about["track_id"], pc.unique(cars["track_id"])))
    for name, table in (
        ("austin_buses", cut_buses(pq.read_table(capmetro))),
        ("envirocar_measurements", cars),
        (
            "envirocar_cars",
            used.group_by(["car_id", "manufacturer", "model", "constructionYear", "fuelType"])
            .aggregate([])
            .sort_by("car_id"),
        ),
    ):
        pq.write_table(
            table,
            HERE / f"{name}.parquet",
            compression="zstd",
            compression_level=19,
            use_byte_stream_split=[
                field.name for field in table.schema if pa.types.is_floating(field.type)
            ],
            use_dictionary=[
                field.name for field in table.schema if not pa.types.is_floating(field.type)
            ],
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
