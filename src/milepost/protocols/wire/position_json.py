"""A position as JSON with the names of the API, for `milepost decode` and MQTT devices."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from milepost.domain.position import Position


def camel(name: str) -> str:
    """`speed_kmh` to `speedKmh`."""
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))


WIRE_NAMES: Mapping[str, str] = {name: camel(name) for name in Position.__struct_fields__[1:]}
"""Field of a position to its name on the wire; the time is `fixTime`."""


def iso_time(time_ms: int) -> str:
    """Unix ms as ISO 8601 with milliseconds, UTC."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"


def position_json(position: Position) -> dict[str, Any]:
    """The position's time, validity and everything that was measured."""
    fields: dict[str, Any] = {"fixTime": iso_time(position.fix_time_ms), "valid": position.valid}
    for name, wire_name in WIRE_NAMES.items():
        value = getattr(position, name)
        if value not in (None, (), {}) and name != "valid":
            fields[wire_name] = value
    if not position.damaged:
        del fields["damaged"]
    return fields
