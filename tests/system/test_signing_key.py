"""The signing key is changed between two starts: tokens, sessions and second factors go on."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from tests.system.conftest import copied
from tests.system.server import EMAIL, PASSWORD, Server, _program


@pytest.fixture
def patient(prepared: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that nobody restarts because the machine is slow."""
    server = Server(copied(prepared, tmp_path))
    yield server
    if server.process is not None and server.process.poll() is None:
        server.kill()


def at(server: Server, path: str, body: Any, token: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.post(f"{server.url}/api/v1{path}", json=body, headers=headers, timeout=30)


def who(server: Server, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{server.url}/api/v1/auth/me", headers=headers, timeout=30).status_code


def first_step(server: Server) -> str:
    refused = at(server, "/auth/login", {"email": EMAIL, "password": PASSWORD})
    assert refused.status_code == 401, refused.text
    token: str = refused.json()["challenge"]["token"]
    return token


def rotate(server: Server) -> subprocess.CompletedProcess[str]:
    words = ("keys", "rotate", "--data", str(server.data))
    return subprocess.run(_program(*words), capture_output=True, text=True, check=False)


async def test_nobody_is_signed_out_and_no_second_factor_is_lost(patient: Server) -> None:
    patient.start()
    await patient.ready()
    session = at(patient, "/auth/login", {"email": EMAIL, "password": PASSWORD}).json()
    token = session["accessToken"]
    begun = at(patient, "/account/second-factor", {"password": PASSWORD}, token).json()
    authenticator = pyotp.TOTP(begun["secret"])
    confirmed = at(patient, "/account/second-factor/confirm", {"code": authenticator.now()}, token)
    assert len(confirmed.json()["codes"]) == 10
    assert patient.stop() == 0

    assert rotate(patient).returncode == 0
    assert rotate(patient).returncode == 2
    patient.start()
    await patient.ready()
    assert not (patient.data / "signing.previous.key").exists()
    assert who(patient, token) == 200
    renewed = at(patient, "/auth/refresh", {"refreshToken": session["refreshToken"]}).json()
    assert who(patient, renewed["accessToken"]) == 200
    # One step on: the code of the confirmation's own step is used up.
    step = {"challenge": first_step(patient), "code": authenticator.at(int(time.time()) + 30)}
    assert at(patient, "/auth/second-step", step).status_code == 200
    assert at(patient, "/auth/second-step", step).status_code == 401
    assert patient.stop() == 0

    # A second start forgets the old key.
    patient.start()
    await patient.ready()
    assert who(patient, token) == 401
    assert who(patient, renewed["accessToken"]) == 200
