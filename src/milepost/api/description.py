"""What the framework's OpenAPI document says wrongly or not at all about this API, put right."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from milepost.api.problems import MEDIA_TYPE, Problem
from milepost.features.wire import camel

Json = dict[str, Any]

_PROBLEM = {
    "description": "What went wrong (RFC 9457); `code` is stable.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_NULL = {"type": "null"}


def described(document: Json) -> Json:
    """The document with problem details as every operation's error, and tidied parameters."""
    _, problems = msgspec.json.schema_components(
        [Problem], ref_template="#/components/schemas/{name}"
    )
    components = document["components"]
    return {
        **document,
        "paths": {
            _path(path): {method: _operation(each) for method, each in operations.items()}
            for path, operations in document["paths"].items()
        },
        "components": {
            **components,
            "schemas": {**_bodies_closed(document), **problems},
            "responses": {"Problem": _PROBLEM},
        },
    }


def _bodies_closed(document: Json) -> Json:
    """The schemas, those of bodies without further properties: the server refuses what is more."""
    schemas: Json = document["components"]["schemas"]
    operations = [each for path in document["paths"].values() for each in path.values()]
    waiting = set(_references([each.get("requestBody") for each in operations]))
    bodies: set[str] = set()
    while waiting:
        bodies |= waiting
        waiting = set(_references([schemas[name] for name in waiting])) - bodies
    closed = {name: {**schemas[name], "additionalProperties": False} for name in bodies}
    return schemas | {name: each for name, each in closed.items() if "properties" in each}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _references(each)


def _path(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: f"{{{camel(found[1])}}}", path)


def _operation(operation: Json) -> Json:
    successes = {
        status: _response(response)
        for status, response in operation["responses"].items()
        if status.startswith("2")
    }
    return {
        **operation,
        "summary": operation["description"].split("\n")[0].split(". ")[0].rstrip("."),
        "parameters": [_parameter(each) for each in operation.get("parameters", [])],
        "responses": {**successes, "default": {"$ref": "#/components/responses/Problem"}},
    }


def _parameter(parameter: Json) -> Json:
    """A parameter is there or not; it is never null."""
    if parameter["in"] == "path":
        return {**parameter, "name": camel(parameter["name"])}
    schema = dict(parameter["schema"])
    options = [option for option in schema.pop("oneOf", []) if option != _NULL]
    return {**parameter, "schema": {**(options[0] if options else {}), **schema}}


def _response(response: Json) -> Json:
    """A streamed file has no schema of its own."""
    content = {
        media_type: {"schema": body.get("schema") or _file(media_type)}
        for media_type, body in (response.get("content") or {}).items()
    }
    return {**response, "content": content} if content else response


def _file(media_type: str) -> Json:
    return {"type": "object" if media_type.endswith("json") else "string"}
