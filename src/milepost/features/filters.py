"""Optional filters of a list, which come as text.

A query string has no null. For an optional parameter of another type the framework takes the text
`null` for it, and the route would answer as if nothing had been asked.
"""

from typing import Annotated, Any, TypeVar, get_args
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from milepost.errors import InvalidInput

T = TypeVar("T")


def _id_filter(name: str, description: str) -> Any:
    return QueryParameter(
        name=name, max_length=40, description=description, schema_extra={"format": "uuid"}
    )


def choice_filter(name: str, choices: Any, description: str) -> Any:
    """The parameter of a filter that is one of a Literal's values."""
    return QueryParameter(
        name=name,
        max_length=40,
        description=description,
        schema_extra={"enum": list(get_args(choices))},
    )


VehicleFilter = Annotated[str | None, _id_filter("vehicleId", "Only of this vehicle.")]
DriverFilter = Annotated[str | None, _id_filter("driverId", "Only of this driver.")]
FleetFilter = Annotated[
    str | None, _id_filter("fleetId", "Only of vehicles that are in this fleet now.")
]

EntityFilter = Annotated[str | None, _id_filter("entityId", "Only about the thing with this id.")]


def id_in(name: str, text: str | None) -> UUID | None:
    """The id that a filter names; None where it is absent.

    Raises:
        InvalidInput: the text is not an id.
    """
    return None if text is None else _converted(name, text, UUID, "a UUID")


def choice_in(name: str, text: str | None, choices: Any) -> Any:
    """The value of a Literal that a filter names; None where it is absent.

    Raises:
        InvalidInput: the text is none of the values.
    """
    if text is None:
        return None
    return _converted(name, text, choices, "one of " + ", ".join(get_args(choices)))


def _converted(name: str, text: str, kind: type[T], allowed: str) -> T:
    try:
        return msgspec.convert(text, kind)
    except msgspec.ValidationError as error:
        raise InvalidInput(name, text, allowed) from error
