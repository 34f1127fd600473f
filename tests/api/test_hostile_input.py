"""No value from outside, wherever it stands, is the server's fault: never a 5xx."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.api import hostile
from tests.api.platform import Caller, Platform, straight_track

# These end the session that the test runs in.
LEFT_OUT = {"logout"}
MOST_FAULTS = 25
BASE = "/api/v1"


class Operation:
    """One operation of the schema, and what a good call of it would be."""

    def __init__(self, method: str, path: str, described: dict[str, Any]) -> None:
        self.method = method.upper()
        self.path = path
        self.name = described["operationId"]
        self.parameters = described.get("parameters", [])
        self.body = described.get("requestBody")


class Answers:
    """Sends requests and collects what was the server's fault."""

    def __init__(self, caller: Caller, ids: dict[str, str]) -> None:
        self._caller = caller
        self._ids = ids
        self.faults: list[str] = []
        self.sent = 0

    def path(self, operation: Operation, **replaced: str) -> str:
        path = operation.path
        for parameter in operation.parameters:
            if parameter["in"] == "path":
                name = parameter["name"]
                value = replaced.get(name) or self._ids.get(name, hostile.IDS[1])
                quoted = httpx.QueryParams({"x": value}).__str__()[2:].replace("+", "%20")
                path = path.replace(f"{{{name}}}", quoted)
        return path

    async def send(self, operation: Operation, path: str, shown: object, **request: Any) -> None:
        headers = self._caller.headers | request.pop("headers", {})
        self.sent += 1
        answer = await self._caller._client.request(
            operation.method, path, headers=headers, **request
        )
        if answer.status_code >= 500:
            assert len(self.faults) < MOST_FAULTS, "\n".join(self.faults)
            self.faults.append(
                f"{answer.status_code} {operation.name} {str(shown)[:150]}: {answer.text[:200]}"
            )


async def operations(client: httpx.AsyncClient) -> tuple[list[Operation], dict[str, Any]]:
    schema = (await client.get("/schema/openapi.json")).json()
    found = [
        Operation(method, path, described)
        for path, methods in schema["paths"].items()
        for method, described in methods.items()
        if described["operationId"] not in LEFT_OUT
    ]
    return found, schema["components"]["schemas"]


@pytest.fixture
async def answers(admin: Caller, platform: Platform) -> Answers:
    """A tenant with one of everything, so that requests get as far as the engines."""
    fleet = (await admin.make("/fleets", {"name": "Fleet"}))["id"]
    vehicle = (await admin.make("/vehicles", {"name": "Van", "fleetId": fleet}))["id"]
    unique_id = vehicle.replace("-", "")[:15]
    device = {"uniqueId": unique_id, "protocol": "osmand", "vehicleId": vehicle}
    device_id = (await admin.make("/devices", device))["id"]
    driver = (await admin.make("/drivers", {"firstName": "A", "lastName": "B"}))["id"]
    key = (await admin.make("/api-keys", {"name": "Key", "role": "viewer"}))["id"]
    body = {"vehicleId": vehicle, "driverId": driver}
    assignment = (await admin.make("/assignments", body))["id"]
    await platform.store_track(admin, vehicle, device_id, straight_track(5))
    await platform.let_adopt(admin)
    ids = {
        "fleetId": fleet,
        "vehicleId": vehicle,
        "deviceId": device_id,
        "driverId": driver,
        "keyId": key,
        "assignmentId": assignment,
        "userId": str(admin.user_id),
    }
    return Answers(admin, ids)


@pytest.mark.parametrize("cursors", [True, False])
async def test_hostile_parameters_are_refused_or_answered(
    answers: Answers, client: httpx.AsyncClient, cursors: bool
) -> None:
    for operation in (await operations(client))[0]:
        if operation.method == "DELETE":
            continue
        body = {} if operation.body is not None else None
        for parameter in operation.parameters:
            name, place = parameter["name"], parameter["in"]
            if (name == "after") != cursors:
                continue
            for value in hostile.of_parameter(name, parameter.get("schema", {})):
                shown = {name: value}
                path = answers.path(operation)
                match place:
                    case "query":
                        await answers.send(operation, path, shown, params=shown, json=body)
                    case "path" if value:
                        path = answers.path(operation, **shown)
                        await answers.send(operation, path, shown, json=body)
                    case "header" if value.isprintable():
                        sent = {name: value.encode()}
                        await answers.send(operation, path, shown, headers=sent, json=body)
                    case _:
                        pass
    assert not answers.faults, "\n".join(answers.faults)
    assert answers.sent > 1000


def _resolved(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = components[schema["$ref"].rsplit("/", 1)[1]]
    return schema


def bodies(operation: Operation, components: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Bodies in which one field after the other is hostile, the required others are not."""
    schema = operation.body["content"]["application/json"]["schema"]
    schema = _resolved(schema, components)
    properties = schema.get("properties", {})
    good = {
        name: _good(_resolved(properties[name], components)) for name in schema.get("required", ())
    }
    for name, described in properties.items():
        for value in hostile.in_body():
            yield {**good, name: value}
        inner = _resolved(described, components)
        for option in inner.get("oneOf", [inner]):
            for nested in _resolved(option, components).get("properties", {}):
                for value in hostile.in_body():
                    yield {**good, name: {nested: value}}


def _good(schema: dict[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") == "uuid":
        return hostile.IDS[1]
    return {"string": "someone@example.com", "number": 1, "integer": 1, "boolean": True}.get(
        schema.get("type", ""), {}
    )


async def test_hostile_bodies_are_refused_or_answered(
    answers: Answers, client: httpx.AsyncClient
) -> None:
    found, components = await operations(client)
    for operation in found:
        if operation.body is None:
            continue
        for body in bodies(operation, components):
            # Python's own encoder writes half surrogates and infinities, too.
            content = json.dumps(body)
            await answers.send(
                operation,
                answers.path(operation),
                body,
                content=content,
                headers={"Content-Type": "application/json"},
            )
    assert not answers.faults, "\n".join(answers.faults)
    assert answers.sent > 1500


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 30_000, '{"email":"\\ud800"}', "\x00"])
async def test_bodies_that_are_no_json_are_refused(
    answers: Answers, client: httpx.AsyncClient, body: str
) -> None:
    for operation in (await operations(client))[0]:
        if operation.body is not None:
            headers = {"Content-Type": "application/json"}
            path = answers.path(operation)
            await answers.send(operation, path, body[:40], content=body, headers=headers)
    assert not answers.faults, "\n".join(answers.faults)


@asynccontextmanager
async def raw(base_url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    place = urlsplit(base_url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        yield reader, writer
    finally:
        writer.close()


@pytest.mark.parametrize("target", hostile.PATHS, ids=lambda target: target[:40])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS"])
async def test_hostile_paths_are_not_found(
    admin: Caller, base_url: str, target: str, method: str
) -> None:
    async with raw(base_url) as (reader, writer):
        token = admin.headers["Authorization"]
        head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
        writer.write(f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 30)
    status = int(answer.split(b" ")[1])
    assert status < 500, answer[:600]


async def test_a_nul_in_the_email_is_no_account(client: httpx.AsyncClient) -> None:
    body = {"email": "a\x00@example.com", "password": "p"}
    answer = await client.post(f"{BASE}/auth/login", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "email"
