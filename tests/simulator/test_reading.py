"""Somebody's files: columns found by name or by mapping, units, zones, sentinels, clear errors."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from milepost.errors import InvalidInput
from milepost.simulator.columns import choose_columns, parse_map
from milepost.simulator.readers import read_tracks
from milepost.simulator.source_format import SourceFormat

MOMENT_MS = round(datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC).timestamp() * 1000)


def written(folder: Path, text: str, name: str = "tracks.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_usual_column_names_are_found(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "Vehicle ID,Timestamp,Lat,Lng,Speed [km/h],Heading\n"
        "b,2025-06-15T15:06:40Z,52.5,13.4,50,90\n"
        "a,2025-06-15T15:06:41Z,52.6,13.5,51,91\n"
        "b,2025-06-15T15:06:39Z,52.4,13.3,49,89\n",
    )
    first, second = read_tracks(path, SourceFormat())
    assert (first.vehicle, second.vehicle) == ("a", "b")
    assert [each.fix_time_ms - MOMENT_MS for each in second.positions] == [-1000, 0]
    newest = second.positions[-1]
    assert (newest.latitude_deg, newest.longitude_deg) == (52.5, 13.4)
    assert (newest.speed_kmh, newest.course_deg) == (50, 90)


def test_columns_may_be_mapped_and_have_units(tmp_path: Path) -> None:
    path = written(tmp_path, "car,when,north,east,v,km\nx,1750000000,1,2,10,3\n")
    source = SourceFormat(
        columns=parse_map("id=car,time=when,latitude=north,longitude=east,speed=v,odometer=km"),
        units={"speed": "m/s", "odometer": "km"},
    )
    (track,) = read_tracks(path, source)
    assert track.positions[0].fix_time_ms == MOMENT_MS
    assert track.positions[0].speed_kmh == pytest.approx(36)
    assert track.positions[0].odometer_m == 3000


@pytest.mark.parametrize(
    ("unit", "kmh"), [("km/h", 10), ("m/s", 36), ("mph", 16.09344), ("knots", 18.52)]
)
def test_speed_units(unit: str, kmh: float, tmp_path: Path) -> None:
    path = written(tmp_path, "time,lat,lon,speed\n1750000000,1,2,10\n")
    (track,) = read_tracks(path, SourceFormat(units={"speed": unit}))
    assert track.positions[0].speed_kmh == pytest.approx(kmh)


def test_a_number_may_mean_not_known(tmp_path: Path) -> None:
    path = written(tmp_path, "time,lat,lon,speed\n1750000000,1,2,113.9952\n1750000001,1,2,-0.5\n")
    source = SourceFormat(units={"speed": "m/s"}, no_values={"speed": 113.9952})
    (track,) = read_tracks(path, source)
    assert [each.speed_kmh for each in track.positions] == [None, None]


def test_times_without_an_offset_are_in_the_zone_that_was_said(tmp_path: Path) -> None:
    path = written(tmp_path, "time,lat,lon\n2025-06-15 11:06:40,1,2\n")
    (track,) = read_tracks(path, SourceFormat(time_zone="America/New_York"))
    assert track.positions[0].fix_time_ms == MOMENT_MS


@pytest.mark.parametrize("number", ["1750000000", "1750000000000"])
def test_numbers_are_seconds_or_milliseconds(number: str, tmp_path: Path) -> None:
    (track,) = read_tracks(written(tmp_path, f"ts,lat,lon\n{number},1,2\n"), SourceFormat())
    assert track.positions[0].fix_time_ms == MOMENT_MS


def test_rows_without_a_time_or_a_place_are_left_out(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "time,lat,lon\nnever,1,2\n1750000000,,2\n1750000000,91,2\n1750000000,1,181\n1750000000,1,2\n",
    )
    (track,) = read_tracks(path, SourceFormat())
    assert len(track.positions) == 1
    assert track.vehicle == "tracks"


def test_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {
            "device_id": [7, 7],
            "time": [datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC)] * 2,
            "latitude": [1.0, 2.0],
            "longitude": [1.0, 2.0],
            "ignition": [True, False],
        }
    )
    pq.write_table(table, tmp_path / "tracks.parquet")
    (track,) = read_tracks(tmp_path / "tracks.parquet", SourceFormat())
    assert track.vehicle == "7"
    assert [each.ignition for each in track.positions] == [True, False]


GPX = """<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><name>van</name><trkseg>
<trkpt lat="1" lon="2"><ele>30</ele><time>2025-06-15T15:06:40Z</time>
<extensions><x:speed xmlns:x="u">10</x:speed></extensions></trkpt>
<trkpt lat="1" lon="2"/></trkseg></trk></gpx>"""


def test_gpx(tmp_path: Path) -> None:
    (track,) = read_tracks(written(tmp_path, GPX, "tour.gpx"), SourceFormat())
    (position,) = track.positions
    assert track.vehicle == "van"
    assert (position.fix_time_ms, position.altitude_m, position.speed_kmh) == (MOMENT_MS, 30, 36)


@pytest.mark.parametrize(
    "text",
    [
        "no GPX",
        GPX.replace('lat="1"', 'lat="north"'),
        GPX.replace("2025-06-15T15:06:40Z", "noon"),
        GPX.replace("<ele>30", "<ele>high"),
    ],
)
def test_gpx_that_is_none(text: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        read_tracks(written(tmp_path, text, "tour.gpx"), SourceFormat())


def test_an_unmapped_column_is_named_with_what_to_do() -> None:
    with pytest.raises(InvalidInput, match="--map latitude=COLUMN,longitude=COLUMN") as caught:
        choose_columns(["time", "breite", "laenge"], {})
    assert "breite, laenge" in str(caught.value)


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(InvalidInput, match="time, lat, lon"):
        choose_columns(["time", "lat", "lon"], {"speed": "velocity"})


@pytest.mark.parametrize("text", ["latitude", "latitude=", "breite=lat"])
def test_a_mapping_that_is_none(text: str) -> None:
    with pytest.raises(InvalidInput, match="FIELD=COLUMN"):
        parse_map(text)


@pytest.mark.parametrize(
    "source",
    [SourceFormat(units={"speed": "furlongs"}), SourceFormat(time_zone="Middle/Earth")],
)
def test_unknown_units_and_zones(source: SourceFormat, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        read_tracks(written(tmp_path, "time,lat,lon,speed\n1750000000,1,2,3\n"), source)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="existing"):
        read_tracks(tmp_path / "none.csv", SourceFormat())


@pytest.mark.parametrize("name", ["broken.parquet", "broken.csv"])
def test_a_file_that_cannot_be_parsed(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        read_tracks(written(tmp_path, 'a,b\n"', name), SourceFormat())
