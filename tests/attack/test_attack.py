"""What the attacks measure with: a ruler that is wrong would let everything hold."""

import json
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from random import Random

import pytest

from milepost.registry import discover
from tests import attack
from tests.attack import captures, history, page, reproductions, tracks
from tests.attack.http_junk import request
from tests.attack.part import Part, Row
from tests.attack.reproductions.finding import Finding

START_MS = 1_790_000_000_000 // tracks.TEN_MINUTES_MS * tracks.TEN_MINUTES_MS
# Findings whose reproduction is a part of its own.
ELSEWHERE = {7: "plug", 9: "plug", 10: "edits", 16: "clocks", 19: "hangs"}


def haversine_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    north, east = radians(other[0] - one[0]) / 2, radians(other[1] - one[1]) / 2
    h = sin(north) ** 2 + cos(radians(one[0])) * cos(radians(other[0])) * sin(east) ** 2
    return 2 * 6_371_008.8 * asin(sqrt(h))


def test_a_drive_is_twelve_kilometres_and_comes_back() -> None:
    track = tracks.shuttle(START_MS, 4 * tracks.LEG)
    places = [(each.latitude_deg or 0, each.longitude_deg or 0) for each in track]
    steps = [haversine_m(one, other) for one, other in pairwise(places)]
    assert sum(steps[: tracks.LEG - 1]) == pytest.approx(59 * 200, abs=0.5)
    assert sum(steps) == pytest.approx(59 * 200 + 60 * 200, abs=0.5)
    assert steps[tracks.LEG : 2 * tracks.LEG - 1] == [0.0] * (tracks.LEG - 1)
    assert [each.ignition for each in track[:: tracks.LEG]] == [True, False, True, False]


def test_a_track_can_be_made_in_pieces() -> None:
    whole = tracks.shuttle(START_MS, 300, 3)
    lazy = tracks.Shuttle(START_MS, 300, 3)
    assert (list(lazy), lazy[10:250], len(lazy)) == (whole, whole[10:250], 300)
    assert tracks.shuttle(START_MS, 200, 3) + tracks.shuttle(START_MS, 100, 3, first=200) == whole


@pytest.mark.parametrize(("records", "legs"), [(60, 0), (61, 1), (120, 1), (180, 1), (181, 2)])
def test_a_drive_has_ended_once_the_vehicle_stands(records: int, legs: int) -> None:
    known = tracks.known(START_MS, records)
    assert known.legs == legs
    assert sum(known.counts.values()) == records
    assert known.counts[START_MS] == min(60, records)


def test_disorder_loses_nothing_and_ends_whole() -> None:
    track = tracks.shuttle(START_MS, 5_000)
    packets = tracks.Disorder(track, Random(5))
    taken = [next(packets) for _ in range(300)]
    packets.end()
    taken += list(packets)
    sent = [position.fix_time_ms for packet in taken for position in packet]
    reached = len(set(sent))
    assert sorted(set(sent)) == [position.fix_time_ms for position in track[:reached]]
    assert len(sent) > reached, "nothing came twice"
    assert sent != sorted(sent), "everything came in order"


def _history(trips: int, length_m: float, count: int) -> history.History:
    drives = [{"endTime": "2026-01-01T00:00:00Z", "distanceM": length_m}] * trips
    totals = [{"bucketStart": "2026-01-01T00:00:00Z", "positionCount": count}]
    return history.History(
        [], {"trips": [*map(json.dumps, drives)], "totals 10min": [*map(json.dumps, totals)]}
    )


def test_arithmetic_finds_what_is_wrong() -> None:
    start_ms = 1_767_225_600_000  # 2026-01-01T00:00:00Z
    known = tracks.Known(2, 12_000.0, {start_ms: 60})
    assert history.against_arithmetic(_history(2, 11_900.0, 60), known) == []
    assert history.against_arithmetic(_history(1, 12_000.0, 60), known) == [
        "1 ended trips instead of 2"
    ]
    assert history.against_arithmetic(_history(2, 11_000.0, 59), known) == [
        "2 trips are not 12.0 km long",
        "1 of 1 ten-minute totals miscount the reports (59 of 60)",
    ]


def test_losses_doubles_and_differences_are_counted() -> None:
    found = history.History([1, 2, 2, 3], {"trips": ["a", "b", "b"]})
    assert history.missing_and_doubled(found, [1, 2, 4, 5]) == (2, 1)
    other = history.History([], {"trips": ["a", "b", "c"]})
    assert found.differences(other) == {"trips": 2}
    assert found.differences(found) == {}


def test_the_table_tells_what_broke_and_what_was_not_tried() -> None:
    rows = [
        Row(name="one", promise="It holds | always.", tries=1_000, acknowledged=5),
        Row(name="two", promise="It does not.", lost=3, broken=("a port is closed",)),
        Row(name="three", promise="Nobody knows.", skipped="no compiler"),
    ]
    lines = page.table({"part": rows}).splitlines()
    assert lines[2] == "| part | one | It holds \\| always. | 1,000 | 5 | 0 | 0 | 0 | held. |"
    assert "**BROKEN: 3 lost; a port is closed" in lines[3]
    assert "not tried: no compiler" in lines[4]
    assert lines[5].endswith("| 1,001 | 5 | 0 | 3 | 0 | **1 of 2 tries are broken** |")


def test_every_finding_of_the_report_is_tried() -> None:
    parts = discover(attack, "PART", Part)
    assert set(ELSEWHERE.values()) <= parts.keys()
    assert all(name == part.name for name, part in parts.items())
    found = [each.number for each in discover(reproductions, "FINDING", Finding).values()]
    assert sorted(found + list(ELSEWHERE)) == list(range(1, 25))


def test_every_port_is_attacked_with_what_it_knows() -> None:
    targets = captures.lines()
    ports = {(each.name, way) for each in captures.PROTOCOLS.values() for way in each.transports}
    assert {(line.protocol, line.transport) for line in targets} == {
        (name, way)
        for name, way in ports
        if captures.PROTOCOLS[name].port is not None and way != "mqtt"
    }
    chance = Random(1)
    for line in targets:
        frame = line.talks[0][0]
        assert any(captures.mutated(frame, chance) != frame for _ in range(5))
    assert len({request(chance) for _ in range(200)}) > 100
