"""docs/asyncapi.yaml says what the server does: real messages fit its schemas."""

import asyncio
import json
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import yaml

from milepost.domain.command import CommandKind
from milepost.domain.command_run import CommandState
from milepost.live.messages import ErrorCode
from milepost.live.requests import PARSERS
from milepost.live.state_json import StateData
from milepost.workers.command_news import CommandExecution
from tests.live.fleet import NORTH, TENANT, scope, state
from tests.live.server import running

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "asyncapi.yaml").read_text()
)
MESSAGES = DOCUMENT["components"]["messages"]


def check(message: dict[str, Any]) -> None:
    payload = MESSAGES[message["type"]]["payload"]
    jsonschema_rs.validate(payload | {"components": DOCUMENT["components"]}, message)


def test_every_request_and_error_code_is_described() -> None:
    asked = {
        reference["$ref"].rsplit("/", 1)[1]
        for reference in DOCUMENT["operations"]["ask"]["messages"]
    }
    assert asked == set(PARSERS)
    codes = MESSAGES["error"]["payload"]["properties"]["data"]["properties"]["code"]["enum"]
    assert set(codes) == set(get_args(ErrorCode))


def test_every_field_of_a_state_is_described() -> None:
    described = DOCUMENT["components"]["schemas"]["VehicleState"]["properties"]
    assert set(described) == set(StateData.__struct_encode_fields__)


def test_every_field_of_a_commands_event_is_described() -> None:
    described = DOCUMENT["components"]["schemas"]["CommandExecution"]["properties"]
    assert set(described) == set(CommandExecution.__struct_encode_fields__)
    assert set(described["type"]["enum"]) == set(get_args(CommandKind))
    assert set(described["status"]["enum"]) == set(get_args(CommandState))


async def test_what_the_server_says_is_as_described() -> None:
    async with running() as world:
        world.scopes["admin"] = scope()
        heard = set()
        async with world.connect("admin") as client:
            for kind in ("ping", "custom", "dance"):
                await client.send(json.dumps({"type": kind, "requestId": 1}))
            channel = {"channel": "fleet:all"}
            for kind in ("subscribe", "unsubscribe", "subscribe"):
                await client.send(json.dumps({"type": kind, "requestId": "x", "data": channel}))
            world.hub.event(TENANT, [f"fleet:{NORTH}"], "alarm", {})
            while len(heard) < 8:
                world.hub.telemetry(TENANT, NORTH, state().vehicle_id, state())
                message = json.loads(await asyncio.wait_for(client.recv(), 10))
                check(message)
                heard.add(message["type"])
    assert heard == set(MESSAGES) - {"ping", "subscribe", "unsubscribe", "custom"}
