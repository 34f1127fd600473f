"""The parameters of each route as the framework reads them: their names, and what came instead."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.routes import HTTPRoute

from milepost.errors import UnknownNames
from milepost.features.wire import camel

AnyRequest = Request[Any, Any, Any]


class RouteParameters(msgspec.Struct, frozen=True):
    """`query`: the names of a call's query parameters. `wire_names`: of all, by Python's names."""

    query: frozenset[str]
    wire_names: Mapping[str, str]


class MalformedParameter(msgspec.Struct, frozen=True):
    """A piece of a path that is not of the form that its parameter has."""

    name: str
    came: str


async def refuse_unknown_parameters(request: AnyRequest) -> None:
    """Refuse a query with a name that the route does not read; it would be passed over in silence.

    Raises:
        UnknownNames: there is such a name.
    """
    known = parameters_of(request).query
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise UnknownNames("parameter", unknown, known)


def parameters_of(request: AnyRequest) -> RouteParameters:
    """The parameters of the request's route, those of its dependencies among them."""
    return _of_routes(request.app)[request.scope["path_template"], str(request.method)]


@cache
def _of_routes(app: Litestar) -> Mapping[tuple[str, str], RouteParameters]:
    return MappingProxyType(
        {
            (route.path_format, str(method)): _parameters(model)
            for route in _http_routes(app)
            for method, (_, model) in route.route_handler_map.items()
        }
    )


def _parameters(model: Any) -> RouteParameters:
    path = {each.field_name: camel(each.field_name) for each in model.expected_path_params}
    query = {each.field_name: each.field_alias for each in model.expected_query_params}
    headers = {each.field_name: each.field_alias for each in model.expected_header_params}
    return RouteParameters(frozenset(query.values()), path | query | headers)


def malformed_parameter(app: Litestar, path: str) -> MalformedParameter | None:
    """The first piece of the path that is no id where a route has one."""
    pieces = [piece for piece in path.split("/") if piece]
    for route in _http_routes(app):
        for malformed in _malformed(route, pieces):
            return malformed
    return None


def _malformed(route: HTTPRoute, pieces: list[str]) -> Iterator[MalformedParameter]:
    components = route.path_components
    if len(components) != len(pieces):
        return
    pairs = list(zip(components, pieces, strict=True))
    if any(isinstance(expected, str) and expected != piece for expected, piece in pairs):
        return
    for expected, piece in pairs:
        if not isinstance(expected, str) and expected.parser and _refuses(expected.parser, piece):
            yield MalformedParameter(camel(expected.name), piece)


def _refuses(parser: Any, piece: str) -> bool:
    try:
        parser(piece)
    except ValueError:
        return True
    return False


def _http_routes(app: Litestar) -> Iterator[HTTPRoute]:
    return (route for route in app.routes if isinstance(route, HTTPRoute))
