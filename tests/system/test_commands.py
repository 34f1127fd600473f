"""Commands against the whole server: queued while the device is away, sent once whatever fails."""

import asyncio
import struct
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from milepost.protocols import teltonika
from tests.system import waiting
from tests.system.devices import Tracker, codec12_answer, connection, drive
from tests.system.server import Server, items

IMEI = "350000000000771"
TEXT = {"command": {"kind": "custom_text", "text": "getver"}}
WHERE = {"command": {"kind": "position_now"}}
ANSWER_WITHIN_S = 60.0
ROOT = Path(__file__).resolve().parents[2]


async def commands_path(server: Server, client: httpx.AsyncClient) -> str:
    """Let a tracker call once, so that it is registered; where its commands are."""
    tracker = Tracker(IMEI, teltonika.PROTOCOL, server.port_offset)
    tracker.unsent = [drive(datetime.now(UTC), 1)]
    await tracker.deliver()
    (device,) = [each for each in await items(client, "/devices") if each["uniqueId"] == IMEI]
    return f"/devices/{device['id']}/commands"


async def ask(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> str:
    answer = await client.post(path, json=body)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    identity: str = answer.json()["id"]
    return identity


async def states(server: Server, path: str, command: str) -> list[str]:
    async with server.client() as client:
        shown = (await client.get(f"{path}/{command}")).json()
    return [step["state"] for step in shown["history"]]


async def log_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(teltonika.PROTOCOL.encoder().login(IMEI))
    assert await reader.readexactly(1) == b"\x01"


async def next_text(reader: asyncio.StreamReader) -> str:
    """The text of the next command."""
    async with asyncio.timeout(ANSWER_WITHIN_S):
        _, length = struct.unpack(">II", await reader.readexactly(8))
        body = (await reader.readexactly(length + 4))[:-4]
    return body[7:-1].decode()


async def test_a_queue_outlives_a_sigkill_and_each_is_sent_once(server: Server) -> None:
    async with server.client() as client:
        path = await commands_path(server, client)
        first, second = await ask(client, path, TEXT), await ask(client, path, WHERE)
    server.kill()
    server.start()
    await server.ready()
    port = teltonika.PROTOCOL.port + server.port_offset
    async with connection(port) as (reader, writer):
        await log_in(reader, writer)
        assert await next_text(reader) == "getver"
        writer.write(codec12_answer("Ver:1"))
        assert await next_text(reader) == "getgps"
        writer.write(codec12_answer("GPS:1"))
        for command in (first, second):
            await waiting.equals(
                lambda command=command: _state(server, path, command), "acknowledged"
            )
    assert (await states(server, path, first)).count("sent") == 1
    assert (await states(server, path, second)).count("sent") == 1


async def test_a_crash_between_mark_and_write_sends_nothing_twice(stopped: Server) -> None:
    server = stopped
    server.settings["MILEPOST_COMMAND_ANSWER_S"] = "5"
    server.start()
    await server.ready()
    async with server.client() as client:
        path = await commands_path(server, client)
        text, where = await ask(client, path, TEXT), await ask(client, path, WHERE)
    assert server.stop() == 0
    crashed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.system.crash_before_write", str(server.data), IMEI),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert await crashed.wait() == -9
    server.start()
    await server.ready()
    assert (await states(server, path, text))[:2] == ["pending", "sent"]
    port = teltonika.PROTOCOL.port + server.port_offset
    async with connection(port) as (reader, writer):
        await log_in(reader, writer)
        # Had the text been sent again, it would come first.
        assert await next_text(reader) == "getgps"
    assert await states(server, path, text) == ["pending", "sent", "failed"]
    assert (await states(server, path, where))[:2] == ["pending", "sent"]


async def _state(server: Server, path: str, command: str) -> str:
    return (await states(server, path, command))[-1]
