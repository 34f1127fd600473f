"""Lines, exports and lists of believed places: 24 kilometres of spike are in none of them."""

import csv
import io
import itertools
import json
from typing import Any
from xml.etree import ElementTree

import pytest

from milepost.domain.position import Position
from milepost.geo.distance import distance_m
from tests.api.platform import Caller, Platform
from tests.api.test_history import GPX, START_MS, Driven, at

GPXTPX = {**GPX, "x": "http://www.garmin.com/xmlschemas/TrackPointExtension/v2"}
MINUTE_MS = 60_000
# Along a meridian 0.01 degrees are 1,111.95 m: one a minute is 66.7 km/h.
STEP_M = 1111.95


@pytest.fixture
async def driven(admin: Caller, platform: Platform) -> Driven:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    new = {"uniqueId": vehicle["id"], "protocol": "osmand", "vehicleId": vehicle["id"]}
    device = await admin.make("/devices", new)
    return Driven(admin, platform, vehicle["id"], device["id"])


def fix(minute: float, latitude_deg: float, longitude_deg: float = 10.0, **more: Any) -> Position:
    return Position(
        START_MS + round(minute * MINUTE_MS),
        latitude_deg,
        longitude_deg,
        speed_kmh=66.7,
        course_deg=0.0,
        **more,
    )


# Ten minutes with one fix half way that is 111 km off; then 40 minutes of silence; two more fixes.
SPIKE = fix(5.5, 1.05)
DRIVE = [fix(minute, 0.01 * minute) for minute in range(11)]
AFTER = [fix(minute, 0.11 + 0.01 * (minute - 51)) for minute in (51, 52)]
HISTORY = sorted([*DRIVE, SPIKE, *AFTER], key=lambda each: each.fix_time_ms)


async def gpx(driven: Driven, **query: Any) -> ElementTree.Element:
    answer = await driven.caller.get(f"/vehicles/{driven.vehicle}/track.gpx", **query)
    return ElementTree.fromstring(answer.content)


def length_m(points: list[ElementTree.Element]) -> float:
    places = [(float(p.get("lat", "nan")), float(p.get("lon", "nan"))) for p in points]
    return sum(distance_m(*a, *b) for a, b in itertools.pairwise(places))


async def test_gpx_has_a_segment_wherever_the_line_breaks(driven: Driven) -> None:
    await driven.report(HISTORY)
    (track,) = (await gpx(driven)).findall("gpx:trk", GPX)
    segments = [each.findall("gpx:trkpt", GPX) for each in track.findall("gpx:trkseg", GPX)]
    # Up to the spike, from there to the silence, after it.
    assert [len(each) for each in segments] == [6, 5, 2]
    metres = [length_m(each) for each in segments]
    assert metres == pytest.approx([5 * STEP_M, 4 * STEP_M, STEP_M], abs=1)
    motion = segments[0][0].find("gpx:extensions/x:TrackPointExtension", GPXTPX)
    assert motion is not None
    assert float(motion.findtext("x:speed", namespaces=GPXTPX) or "") == pytest.approx(18.53)
    assert motion.findtext("x:course", namespaces=GPXTPX) == "0.0"


async def test_what_is_not_believed_is_there_and_marked_when_asked_for(driven: Driven) -> None:
    await driven.report(HISTORY)
    _, rejected = (await gpx(driven, rejected="true")).findall("gpx:trk", GPX)
    assert rejected.findtext("gpx:type", namespaces=GPX) == "rejected"
    (point,) = rejected.findall("gpx:trkseg/gpx:trkpt", GPX)
    assert point.get("lat") == "1.0500000"
    path = f"/vehicles/{driven.vehicle}/track.geojson"
    answer = await driven.caller.get(path, rejected="true")
    *lines, points = json.loads(answer.content)["features"]
    assert [len(line["geometry"]["coordinates"]) for line in lines] == [6, 5, 2]
    assert all(len(line["properties"]["coordTimes"]) > 1 for line in lines)
    assert points["geometry"] == {"type": "MultiPoint", "coordinates": [[10.0, 1.05]]}
    assert points["properties"]["believed"] is False
    answer = await driven.caller.get(f"/vehicles/{driven.vehicle}/track.csv")
    believed = [row["believed"] for row in csv.DictReader(io.StringIO(answer.text))]
    assert believed == ["true"] * 6 + ["false"] + ["true"] * 7


@pytest.mark.parametrize("limit", [3, 100])
async def test_lists_of_believed_and_of_other_positions(driven: Driven, limit: int) -> None:
    await driven.report([*HISTORY, Position(START_MS + 30_000, alarm="sos")])

    async def listed(**query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after: dict[str, Any] = {}
        while True:
            page = await driven.get("positions", limit=limit, **query, **after)
            found += page["items"]
            if page["next"] is None:
                return found
            after = {"after": page["next"]}

    believed = await listed(believed="true")
    assert [each["fixTime"] for each in believed] == [
        at((each.fix_time_ms - START_MS) / 1000) for each in HISTORY if each is not SPIKE
    ]
    breaks = [each["fixTime"] for each in believed if each.get("beginsSegment")]
    assert breaks == [at(0), at(360), at(51 * 60)]
    (other,) = await listed(believed="false")
    assert other["latitudeDeg"] == 1.05
    assert len(await listed()) == len(HISTORY) + 1


async def test_what_is_believed_does_not_depend_on_where_the_period_begins(driven: Driven) -> None:
    """From the spike on: it is the first fix of the period, and not believed all the same."""
    await driven.report(HISTORY)
    page = await driven.get("positions", believed="true", **{"from": at(330)})
    assert page["items"][0]["fixTime"] == at(360)


async def test_a_drawing_has_no_spike(driven: Driven) -> None:
    await driven.report(HISTORY)
    page = await driven.get("positions", simplifyM=5)
    assert [each["fixTime"] for each in page["items"]] == [
        at(60 * minute) for minute in (0, 5, 6, 10, 51, 52)
    ]


async def test_geojson_is_cut_at_180_degrees(driven: Driven) -> None:
    await driven.report([fix(0, 0.0, 179.99), fix(1, 0.02, -179.99), fix(2, 0.03, -179.98)])
    answer = await driven.caller.get(f"/vehicles/{driven.vehicle}/track.geojson")
    east, west = json.loads(answer.content)["features"]
    assert east["geometry"]["coordinates"] == [[179.99, 0.0], [180.0, 0.01]]
    assert west["geometry"]["coordinates"] == [[-180.0, 0.01], [-179.99, 0.02], [-179.98, 0.03]]
    assert east["properties"]["coordTimes"][1] == west["properties"]["coordTimes"][0]


async def test_of_two_devices_the_one_that_counts_is_drawn(driven: Driven) -> None:
    await driven.report(DRIVE)
    new = {"uniqueId": f"2-{driven.vehicle}", "protocol": "osmand", "vehicleId": driven.vehicle}
    beside = await driven.caller.make("/devices", new)
    other = Driven(driven.caller, driven.platform, driven.vehicle, beside["id"])
    later_ms = 4_000_000_000_000
    await driven.report([Position(later_ms, 1.0, 10.0, speed_kmh=50.0)])
    await other.report([Position(later_ms + 1000, 1.0, 10.001, speed_kmh=50.0)])
    page = await driven.get("positions", believed="true", **{"from": "2090-01-01T00:00:00Z"})
    assert {each["deviceId"] for each in page["items"]} == {driven.device}
