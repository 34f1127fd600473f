"""Commands come out as the bytes that captured devices expect."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from milepost import protocols
from milepost.domain.command import (
    Command,
    CustomText,
    EngineResume,
    EngineStop,
    Interval,
    OutputOff,
    OutputOn,
    PositionNow,
    Reboot,
    SetOdometer,
)
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import DeviceProtocol
from milepost.registry import discover
from tests.protocols.vectors import FOLDER, expectations, records

PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)
WITH_COMMANDS = sorted(path.stem for path in (FOLDER / "commands").glob("*.jsonl"))


def _output(attributes: dict[str, Any]) -> Command:
    output = int(attributes.get("index", 1))
    return OutputOn(output) if str(attributes["data"]) == "1" else OutputOff(output)


# Traccar's type -> our command; its other types have no kind with us.
OURS: dict[str, Callable[[dict[str, Any]], Command]] = {
    "engineStop": lambda _: EngineStop(),
    "engineResume": lambda _: EngineResume(),
    "outputControl": _output,
    "positionSingle": lambda _: PositionNow(),
    "positionPeriodic": lambda attributes: Interval(int(attributes.get("frequency", 60))),
    "rebootDevice": lambda _: Reboot(),
    "setOdometer": lambda attributes: SetOdometer(float(attributes.get("data", 0))),
    "custom": lambda attributes: CustomText(attributes["data"]),
}


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_commands_are_written_as_devices_expect(name: str) -> None:
    """`[order]` of a protocol's expectations has what its encoder tests presuppose.

    `[order_of."INSTANCE"]` has what one of them does.
    """
    expected = expectations(name)
    known = {"unique_id": "123456789012345", "number": 1, **expected.get("order", {})}
    unmet = {(each["instance"], each["seq"]) for each in expected.get("unmet_commands", [])}
    failed = set()
    for record in records("commands", name):
        ours = OURS.get(record["command"]["type"])
        if ours is None:
            continue
        command = ours(record["command"]["attributes"])
        particular = expected.get("order_of", {}).get(record["instance"], {})
        order = msgspec.convert({**known, **particular}, Order)
        came = written(name, PROTOCOLS[name].commands, command, order)
        if came != _bytes_of(record["expected"]):
            failed.add((record["instance"], record["seq"]))
    assert failed == unmet


def _bytes_of(expected: dict[str, str]) -> bytes:
    data = expected["data"]
    return bytes.fromhex(data) if expected["transport"] == "binary" else data.encode("latin-1")
