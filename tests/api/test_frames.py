"""A device's raw frames, for those who look after devices."""

from uuid import UUID

import httpx
import pytest

from milepost.domain.scope import Role
from milepost.features.frames.log import Tap
from milepost.protocols import gt06
from milepost.protocols.contract import CodecContext
from tests.api.conftest import NewMember
from tests.api.platform import Caller, Platform, problem

LOGIN = bytes.fromhex("78780d01086471700328358100093f040d0a")
NOW_MS = 1_760_000_000_000


async def new_device(admin: Caller, unique_id: str) -> UUID:
    device = await admin.make("/devices", {"uniqueId": unique_id, "protocol": "gt06"})
    assert device["keepFrames"] is False
    return UUID(device["id"])


async def test_frames_come_with_what_they_mean(admin: Caller, platform: Platform) -> None:
    device_id = await new_device(admin, str(admin.tenant_id))
    await admin.patch(f"/devices/{device_id}", {"keepFrames": True})
    tap = Tap(platform.frame_log, device_id, ("tcp", "198.51.100.7"))
    messages = gt06.PROTOCOL.codec(CodecContext("tcp")).receive(LOGIN, NOW_MS)
    tap.came(NOW_MS, LOGIN, messages)
    tap.went(NOW_MS + 5, b"\x78\x78")
    page = (await admin.get(f"/devices/{device_id}/frames")).json()
    assert (page["keeping"], page["last"]) == (True, 2)
    heard, answered = page["items"]
    assert (heard["hex"], heard["direction"], heard["address"]) == (
        LOGIN.hex(),
        "in",
        "198.51.100.7",
    )
    assert heard["messages"] == [{"type": "login"}]
    assert heard["time"] == "2025-10-09T08:53:20Z"
    assert (answered["direction"], answered["hex"], answered["number"]) == ("out", "7878", 2)


async def test_only_what_is_new_comes_after_a_number(admin: Caller, platform: Platform) -> None:
    device_id = await new_device(admin, f"after-{admin.tenant_id}")
    tap = Tap(platform.frame_log, device_id, ("udp", "198.51.100.7"))
    for number in range(3):
        tap.went(NOW_MS + number, b"x")
    page = (await admin.get(f"/devices/{device_id}/frames", after=2)).json()
    assert [frame["number"] for frame in page["items"]] == [3]
    none = (await admin.get(f"/devices/{device_id}/frames", after=3)).json()
    assert (none["items"], none["last"]) == ([], 3)


async def test_frames_can_be_dropped(admin: Caller, platform: Platform) -> None:
    device_id = await new_device(admin, f"drop-{admin.tenant_id}")
    Tap(platform.frame_log, device_id, ("tcp", "198.51.100.7")).went(NOW_MS, b"x")
    assert (await admin.delete(f"/devices/{device_id}/frames")).status_code == 204
    assert (await admin.get(f"/devices/{device_id}/frames")).json()["items"] == []


@pytest.mark.parametrize("role", ("viewer", "driver", "dispatcher"))
async def test_frames_are_for_those_who_look_after_devices(
    admin: Caller, member: NewMember, role: Role
) -> None:
    device_id = await new_device(admin, f"{role}-{admin.tenant_id}")
    caller = await member(role)
    response: httpx.Response = await caller.get(f"/devices/{device_id}/frames")
    assert (response.status_code, problem(response)["code"]) == (403, "forbidden")
