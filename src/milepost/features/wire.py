"""Types on the wire: camelCase names, and the texts that may come in."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

V = TypeVar("V", bound=msgspec.Struct)

# PostgreSQL has no NUL in texts, and no name needs a control character.
PRINTABLE = r"^[^\u0000-\u001f\u007f]*$"

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=PRINTABLE)]
Text = Annotated[str, Meta(max_length=500, pattern=PRINTABLE)]
Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[^@\s\u0000-\u001f\u007f]+@[^@\s\u0000-\u001f\u007f]+$",
        description="An e-mail address; upper and lower case are the same.",
    ),
]
Instant = Annotated[
    datetime, Meta(tz=True, description="ISO 8601 with a time zone; answers are in UTC.")
]


class Wire(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """A JSON object of the API."""


class Body(Wire, frozen=True, forbid_unknown_fields=True):
    """What a call takes: a field that it does not know is refused, not passed over."""


class Location(Wire, frozen=True):
    """A point on the ground: WGS 84, degrees."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lng: Annotated[float, Meta(ge=-180, le=180)]


def location_of(latitude_deg: float | None, longitude_deg: float | None) -> Location | None:
    """The point, if both coordinates are known."""
    if latitude_deg is None or longitude_deg is None:
        return None
    return Location(lat=latitude_deg, lng=longitude_deg)


def view_of(entity: msgspec.Struct, kind: type[V], **more: Any) -> V:
    """The entity as a wire type: its fields of the same names, and what more is given."""
    own = {
        name: getattr(entity, name)
        for name in kind.__struct_fields__
        if name not in more and hasattr(entity, name)
    }
    return kind(**own, **more)


def time_of(unix_ms: int) -> datetime:
    """The aware UTC time of Unix milliseconds."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC)


def camel(name: str) -> str:
    """A field's name as it is on the wire."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
