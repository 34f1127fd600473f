"""The protocols that a device can be registered with."""

from tests.api.conftest import NewMember
from tests.api.platform import PROTOCOLS, Caller


async def test_every_protocol_is_listed_by_name_with_what_can_be_set(admin: Caller) -> None:
    items = (await admin.get("/protocols")).json()["items"]
    assert [each["name"] for each in items] == sorted(PROTOCOLS)
    shown = next(each for each in items if each["name"] == "gt06")
    gt06 = PROTOCOLS["gt06"]
    assert shown == {
        "name": "gt06",
        "title": gt06.title,
        "transports": ["tcp"],
        "identity": gt06.identity,
        "secretPlace": "",
        "options": dict(gt06.options),
    }


async def test_whoever_reads_devices_reads_protocols(member: NewMember) -> None:
    assert (await (await member("viewer")).get("/protocols")).status_code == 200
