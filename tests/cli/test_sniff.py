"""`milepost sniff` as a support engineer points unknown trackers at it."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from milepost import protocols
from milepost.cli import sniff
from milepost.cli.sniff_listeners import Heard, listen
from milepost.errors import InvalidInput, Unavailable
from milepost.protocols.contract import DeviceProtocol
from milepost.registry import discover
from tests.free_ports import free_port

LOGIN = bytes.fromhex("78780d01086471700328358100093f040d0a")
FIX = bytes.fromhex(
    "78782a31180613012b39cc0274c4dc050d7cd000180002d4000ac3c70dbdc4150100000000000002a6000ea40b0d0a"
)
H02 = b"*HQ,4210051415,V1,164549,A,0956.3869,N,08406.7068,W,000.00,000,221215,FFFFFBFF#"
KNOWN = discover(protocols, "PROTOCOL", DeviceProtocol)


def run(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "milepost.cli.main", "sniff", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


@asynccontextmanager
async def listening(port: int, *, answer_logins: bool) -> AsyncIterator[list[Heard]]:
    told: list[Heard] = []
    task = asyncio.create_task(
        listen(KNOWN, "127.0.0.1", port, told.append, answer_logins=answer_logins)
    )
    await asyncio.sleep(0.05)
    yield told
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_capture_is_recognised_with_its_reasons(tmp_path: Path) -> None:
    capture = tmp_path / "capture.bin"
    capture.write_bytes(LOGIN + FIX)
    done = run("--raw", str(capture))
    assert done.returncode == 0
    assert "gt06" in done.stdout
    assert "2 frames with the right checksum (CRC-16/X-25" in done.stdout
    assert "identity 864717003283581, a valid IMEI" in done.stdout
    assert "1 of 1 fixes have a likely time, as -22.89278" in done.stdout


def test_hex_and_standard_input_are_understood() -> None:
    done = run("--raw", "-", "--json", text=LOGIN.hex(" ") + "\n")
    (line,) = map(json.loads, done.stdout.splitlines())
    assert line["bytes"] == LOGIN.hex()
    assert line["guesses"][0]["protocol"] == "gt06"
    assert line["guesses"][0]["messages"] == [{"type": "login"}]


def test_what_nobody_knows_is_said_and_ends_with_one(tmp_path: Path) -> None:
    capture = tmp_path / "noise.bin"
    capture.write_bytes(b"\xfe\x01\xfe\x02")
    done = run("--raw", str(capture))
    assert done.returncode == 1
    assert "no protocol that Milepost knows reads this" in done.stdout


@pytest.mark.parametrize(("content", "reason"), [(None, "no such file"), (b"", "is empty")])
def test_rejects_files(tmp_path: Path, content: bytes | None, reason: str) -> None:
    capture = tmp_path / "capture"
    if content is not None:
        capture.write_bytes(content)
    done = run("--raw", str(capture))
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr


def test_rejects_a_port_that_is_none() -> None:
    args = sniff.argparse.Namespace(raw=None, port=70_000, json=False, all=False)
    with pytest.raises(InvalidInput, match="1 to 65535"):
        sniff.run(args)


async def test_rejects_a_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Unavailable, match="in use"):
            await listen(KNOWN, "127.0.0.1", taken.getsockname()[1], lambda _: None)


async def test_logins_are_answered_if_asked_and_positions_never() -> None:
    port = free_port()
    async with listening(port, answer_logins=True) as told:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(LOGIN)
        assert (await reader.read(100)).startswith(b"\x78\x78\x05\x01")
        writer.write(FIX)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(100), 0.3)
        writer.close()
    assert [heard.transport for heard in told] == ["tcp", "tcp"]
    assert told[1].chunks == (LOGIN, FIX)


async def test_nothing_is_answered_by_default() -> None:
    port = free_port()
    async with listening(port, answer_logins=False) as told:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(LOGIN)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(100), 0.3)
        writer.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
            device.sendto(H02, ("127.0.0.1", port))
        await asyncio.sleep(0.2)
    assert [heard.transport for heard in told] == ["tcp", "udp"]
