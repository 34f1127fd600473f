"""Finding 13: a tenant registers the identities of another tenant's devices in advance."""

import asyncio
import subprocess

from tests.attack import tracks
from tests.attack.office import Office
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand, program
from tests.attack.witness import deliver

IDENTITIES = 20
STRANGER = "stranger@example.com"
PASSWORD = "a stranger's own long word 7"


async def second_tenant(attacked: Stand) -> None:
    """Another tenant with an administrator of its own, made while the server runs."""
    process = await asyncio.create_subprocess_exec(
        *program("user", "add", "--email", STRANGER, "--name", "Stranger", "--role", "admin"),
        *("--new-tenant", "other", "--password-stdin", "--data", str(attacked.server.data)),
        env=attacked.server.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, said = await process.communicate(PASSWORD.encode())
    assert process.returncode == 0, said.decode()


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=IDENTITIES)
    await second_tenant(attacked)
    stranger = Office(attacked.server, STRANGER, PASSWORD)
    names = [f"3500009000013{n:02d}" for n in range(IDENTITIES)]
    for name in names:
        await stranger.call("POST", "/devices", json={"uniqueId": name, "protocol": "teltonika"})
    refused = 0
    for name in names:
        body = {"uniqueId": name, "protocol": "teltonika"}
        answer = await attacked.office.call("POST", "/devices", json=body)
        refused += not answer.is_success
    tried.unless(not refused, f"{refused} of {IDENTITIES} identities are refused to their owner")
    await stranger.close()
    if not refused:
        vehicle = await attacked.office.post("/vehicles", {"name": "ours"})
        devices = await attacked.office.items("/devices")
        mine = next(each for each in devices if each["uniqueId"] == names[0])
        await attacked.office.patch(f"/devices/{mine['id']}", {"vehicleId": vehicle["id"]})
    own = await attacked.office.register("350000900001399")
    tried.acknowledged = await deliver(
        own, attacked.port_offset, tracks.orderly(tracks.shuttle(1_780_000_000_000, 20))
    )
    return tried


FINDING = Finding(
    number=13,
    promise="What another tenant has registered in advance can still be registered by its owner.",
    run=run,
)
