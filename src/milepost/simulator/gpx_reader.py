"""Tracks from GPX 1.0 and 1.1."""

# The file is the operator's own, and expat (2.4.1 and later) stops entity expansion by itself.
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

from milepost.domain.position import Position
from milepost.errors import InvalidInput
from milepost.simulator.track import Track


def read_gpx(path: Path, vehicle: str) -> list[Track]:
    """One track for each `<trk>`, by its name; points without a time are left out.

    Raises:
        InvalidInput: the file is not GPX.
    """
    try:
        root = ET.parse(path).getroot()  # noqa: S314
    except ET.ParseError as error:
        raise InvalidInput(str(path), str(error), "GPX") from error
    tracks: list[Track] = []
    for number, element in enumerate(root.iterfind("{*}trk")):
        name = (element.findtext("{*}name") or "").strip() or vehicle + (
            f"-{number}" if number else ""
        )
        points = [_position(point) for point in element.iterfind("{*}trkseg/{*}trkpt")]
        positions = sorted((each for each in points if each), key=lambda each: each.fix_time_ms)
        if positions:
            tracks.append(Track(name, tuple(positions)))
    return tracks


def _position(point: ET.Element) -> Position | None:
    text = point.findtext("{*}time")
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput("<time>", text, "an ISO 8601 time") from error
    aware = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    speed_m_s = _number(point, "speed")
    return Position(
        round(aware.timestamp() * 1000),
        _coordinate(point, "lat"),
        _coordinate(point, "lon"),
        _number(point, "ele"),
        None if speed_m_s is None else speed_m_s * 3.6,
        _number(point, "course"),
        hdop=_number(point, "hdop"),
    )


def _number(point: ET.Element, name: str) -> float | None:
    """The point's own element or one of an extension (speed and course moved there in 1.1)."""
    text = point.findtext(f"{{*}}{name}") or point.findtext(f"{{*}}extensions//{{*}}{name}")
    if text is None:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise InvalidInput(f"<{name}>", text, "a number") from error


def _coordinate(point: ET.Element, name: str) -> float:
    text = point.get(name, "")
    try:
        return float(text)
    except ValueError as error:
        raise InvalidInput(f"<trkpt {name}>", text, "degrees") from error
