"""A track as GPX 1.1.

Sources: https://www.topografix.com/GPX/1/1/ and, for speed (m/s) and course (degrees), Garmin's
TrackPointExtension v2, https://www8.garmin.com/xmlschemas/TrackPointExtensionv2.xsd
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from tempfile import SpooledTemporaryFile
from xml.sax.saxutils import escape

from milepost.domain.position import Position
from milepost.features.positions.belief import Judged
from milepost.features.positions.track_times import iso

_IN_MEMORY_BYTES = 1_000_000
_PIECE_CHARS = 100_000

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gpx version="1.1" creator="Milepost" xmlns="http://www.topografix.com/GPX/1/1"'
    ' xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">\n'
)
_TRACK = "<trk><name>{name}</name>"
_REJECTED = "<trk><name>{name}: not believed</name><type>rejected</type>"
_TAIL = "</gpx>\n"


async def write_gpx(
    name: str,
    batches: AsyncIterator[list[Judged]],
    rejected: bool,
) -> AsyncIterator[str]:
    """One track of the believed places, with a segment wherever the line breaks.

    If asked for, the places that are not believed follow as a track of the type `rejected`, each a
    segment of its own; until then they wait in a file without a name.
    """
    # A control character is not allowed in XML, not even escaped.
    shown = escape("".join(c for c in name if c.isprintable()))
    yield _HEAD + _TRACK.format(name=shown)
    is_open = False
    with SpooledTemporaryFile(_IN_MEMORY_BYTES, "w+", encoding="ascii") as others:
        async for batch in batches:
            yield await asyncio.to_thread(_points, batch, is_open)
            is_open = is_open or any(each.is_believed for each in batch)
            if rejected:
                others.write("".join(map(_segment, _rejected(batch))))
        yield ("</trkseg>" if is_open else "") + "</trk>\n"
        if others.tell():
            yield _REJECTED.format(name=shown)
            others.seek(0)
            while piece := await asyncio.to_thread(others.read, _PIECE_CHARS):
                yield piece
            yield "</trk>\n"
    yield _TAIL


def _points(batch: list[Judged], is_open: bool) -> str:
    pieces = []
    for each in batch:
        if not each.is_believed:
            continue
        if each.begins_segment or not is_open:
            pieces.append("</trkseg>\n<trkseg>\n" if is_open else "<trkseg>\n")
            is_open = True
        pieces.append(_point(each.stored.position))
    return "".join(pieces)


def _rejected(batch: Iterable[Judged]) -> Iterable[Position]:
    return (each.stored.position for each in batch if each.is_rejected)


def _segment(position: Position) -> str:
    return f"<trkseg>{_point(position)}</trkseg>\n"


def _point(position: Position) -> str:
    elevation = "" if position.altitude_m is None else f"<ele>{position.altitude_m:.1f}</ele>"
    return (
        f'<trkpt lat="{position.latitude_deg:.7f}" lon="{position.longitude_deg:.7f}">'
        f"{elevation}<time>{iso(position.fix_time_ms)}</time>{_motion(position)}</trkpt>\n"
    )


def _motion(position: Position) -> str:
    speed = course = ""
    if position.speed_kmh is not None:
        speed = f"<gpxtpx:speed>{position.speed_kmh / 3.6:.2f}</gpxtpx:speed>"
    if position.course_deg is not None:
        course = f"<gpxtpx:course>{position.course_deg:.1f}</gpxtpx:course>"
    if not (speed or course):
        return ""
    extension = f"<gpxtpx:TrackPointExtension>{speed}{course}</gpxtpx:TrackPointExtension>"
    return f"<extensions>{extension}</extensions>"
