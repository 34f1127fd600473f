"""No captured frame gives a number that cannot be: units, signs and "no value" are right."""

import pytest

from milepost import protocols
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import DeviceProtocol
from milepost.registry import discover
from milepost.vehiclebus import vss
from tests.protocols.judging import positions_of
from tests.protocols.physics import FIELDS, PATHS, UNITS, impossible
from tests.protocols.vectors import PROTOCOLS_WITH_VECTORS, expectations, records, replayed

PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)


@pytest.mark.parametrize("name", PROTOCOLS_WITH_VECTORS)
def test_captured_values_are_physically_possible(name: str) -> None:
    """What a device really sends, for all that it cannot be, is listed with the reason."""
    found = [
        (record["instance"], record["seq"], *wrong)
        for record, outcome, lenient in replayed(PROTOCOLS[name], records("decode", name))
        if not isinstance(outcome, ProtocolError) and not lenient
        for position in positions_of(outcome)
        for wrong in impossible(position)
    ]
    listed = expectations(name).get("impossible", [])
    known = {(each["instance"], each["seq"], each["name"]) for each in listed}
    assert [wrong for wrong in found if wrong[:3] not in known] == []
    assert known <= {wrong[:3] for wrong in found}


def test_every_unit_and_field_has_a_range() -> None:
    assert {leaf.unit for leaf in vss.PATHS.values()} - {""} == set(UNITS)
    assert set(PATHS) <= set(vss.PATHS)
    assert set(FIELDS) <= set(Position.__struct_fields__)


def test_what_cannot_be_is_found() -> None:
    position = Position(
        0,
        battery_v=12_000,
        signals={"Vehicle.Speed": 4000, "Vehicle.OBD.IntakeTemp": 20},
        attributes={"temp1C": "2150", "temp2C": "21.5", "temp:7": "9999"},
    )
    assert {name for name, _ in impossible(position)} == {"battery_v", "Vehicle.Speed", "temp1C"}
