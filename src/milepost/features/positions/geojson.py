"""A track as GeoJSON (RFC 7946): a line for each segment, cut where it crosses 180°."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from tempfile import SpooledTemporaryFile

import msgspec

from milepost.features.positions.belief import Judged
from milepost.features.positions.track_times import iso

_IN_MEMORY_BYTES = 1_000_000
_PIECE_CHARS = 100_000


class _Vertex(msgspec.Struct, frozen=True, gc=False):
    """A place on the line; `breaks`: the line does not lead to it."""

    time_ms: int
    latitude_deg: float
    longitude_deg: float
    altitude_m: float | None
    breaks: bool


async def write_geojson(
    name: str,
    batches: AsyncIterator[list[Judged]],
    rejected: bool,
) -> AsyncIterator[str]:
    """A LineString of each segment of believed places, a Point of a segment of one.

    `coordTimes` has the time of each coordinate. If asked for, a MultiPoint with `believed` false
    has the places that are not believed.
    """
    with _Features(name) as features:
        yield '{"type":"FeatureCollection","features":['
        others: list[_Vertex] = []
        last: _Vertex | None = None
        async for batch in batches:
            vertices = [_vertex(each) for each in batch if each.is_believed]
            whole = list(_cut_at_180(vertices, last))
            last = vertices[-1] if vertices else last
            for piece in await asyncio.to_thread(features.take, whole):
                yield piece
            if rejected:
                others += [_vertex(each) for each in batch if each.is_rejected]
        for piece in features.end():
            yield piece
        if others:
            yield features.points(others)
        yield "]}\n"


class _Features:
    """Lines in the making: the times of a line come after all of its coordinates.

    The times of a long line wait in a file without a name. A first vertex waits for a second one.
    """

    def __init__(self, name: str) -> None:
        self._name = msgspec.json.encode(name).decode()
        self._times = SpooledTemporaryFile(_IN_MEMORY_BYTES, "w+", encoding="ascii")  # noqa: SIM115
        self._first: _Vertex | None = None
        self._is_line = False
        self._features = 0

    def __enter__(self) -> "_Features":
        return self

    def __exit__(self, *_: object) -> None:
        self._times.close()

    def take(self, vertices: Sequence[_Vertex]) -> list[str]:
        """The text that more vertices add."""
        pieces: list[str] = []
        for vertex in vertices:
            if vertex.breaks:
                pieces += self.end()
            if self._first is None:
                self._first = vertex
                continue
            if not self._is_line:
                pieces.append(self._begin("LineString") + "[" + _coordinate(self._first))
                self._times.write(_time(self._first))
                self._is_line = True
            pieces.append("," + _coordinate(vertex))
            self._times.write("," + _time(vertex))
        return pieces

    def end(self) -> Iterator[str]:
        """The text that ends the line, if there is one."""
        if self._is_line:
            yield "]}" + self._properties()
            self._times.seek(0)
            while piece := self._times.read(_PIECE_CHARS):
                yield piece
            yield "]}}"
        elif self._first is not None:
            point = self._begin("Point") + _coordinate(self._first)
            yield f"{point}}}{self._properties()}{_time(self._first)}]}}}}"
        self._times.seek(0)
        self._times.truncate()
        self._first, self._is_line = None, False

    def points(self, vertices: Sequence[_Vertex]) -> str:
        """The text of places that are not believed."""
        places, times = ",".join(map(_coordinate, vertices)), ",".join(map(_time, vertices))
        head = self._begin("MultiPoint") + f"[{places}]}}"
        return (
            f'{head},"properties":{{"name":{self._name},"believed":false,"coordTimes":[{times}]}}}}'
        )

    def _begin(self, geometry: str) -> str:
        comma = "," if self._features else ""
        self._features += 1
        return f'{comma}{{"type":"Feature","geometry":{{"type":"{geometry}","coordinates":'

    def _properties(self) -> str:
        return f',"properties":{{"name":{self._name},"coordTimes":['


def _vertex(judged: Judged) -> _Vertex:
    position = judged.stored.position
    assert position.latitude_deg is not None and position.longitude_deg is not None
    return _Vertex(
        position.fix_time_ms,
        position.latitude_deg,
        position.longitude_deg,
        position.altitude_m,
        judged.begins_segment,
    )


def _cut_at_180(vertices: Sequence[_Vertex], last: _Vertex | None) -> Iterator[_Vertex]:
    """With two more vertices, one on each side, wherever the line crosses the meridian of 180°."""
    for vertex in vertices:
        if (
            last is not None
            and not vertex.breaks
            and abs(vertex.longitude_deg - last.longitude_deg) > 180.0
        ):
            yield from _crossing(last, vertex)
        yield vertex
        last = vertex


def _crossing(last: _Vertex, vertex: _Vertex) -> Iterator[_Vertex]:
    side_deg = 180.0 if last.longitude_deg > 0.0 else -180.0
    far_deg = vertex.longitude_deg + 2.0 * side_deg
    share = (side_deg - last.longitude_deg) / (far_deg - last.longitude_deg)
    time_ms = round(last.time_ms + share * (vertex.time_ms - last.time_ms))
    latitude_deg = last.latitude_deg + share * (vertex.latitude_deg - last.latitude_deg)
    for longitude_deg, breaks in ((side_deg, False), (-side_deg, True)):
        yield _Vertex(time_ms, latitude_deg, longitude_deg, None, breaks)


def _coordinate(vertex: _Vertex) -> str:
    altitude = "" if vertex.altitude_m is None else f",{vertex.altitude_m:.1f}"
    return f"[{vertex.longitude_deg:.7f},{vertex.latitude_deg:.7f}{altitude}]"


def _time(vertex: _Vertex) -> str:
    return f'"{iso(vertex.time_ms)}"'
