"""J1939 identifiers and parameter groups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import ProtocolError
from milepost.vehiclebus import j1939
from milepost.vehiclebus.j1939 import Identifier, parse_id
from milepost.vehiclebus.spn import is_available


@pytest.mark.parametrize(
    ("can_id", "expected"),
    [
        (0x0CF00400, Identifier(3, 0xF004, 0x00)),
        (0x18FEF147, Identifier(6, 0xFEF1, 0x47)),
        (0x18EA00F9, Identifier(6, 0xEA00, 0xF9, 0x00)),
        (0x1CECFF00, Identifier(7, 0xEC00, 0x00, 0xFF)),
        (0x1DFEF147, Identifier(7, 0x1FEF1, 0x47)),
        (0x18DAF110, Identifier(6, 0xDA00, 0x10, 0xF1)),
    ],
)
def test_accepts_identifiers(can_id: int, expected: Identifier) -> None:
    assert parse_id(can_id) == expected
    assert expected.can_id == can_id


@given(st.integers(0, (1 << 29) - 1))
def test_identifiers_and_back(can_id: int) -> None:
    assert parse_id(can_id).can_id == can_id


@pytest.mark.parametrize(
    ("identifier", "reason"),
    [
        (Identifier(8, 0xF004, 0), "priority 8"),
        (Identifier(3, 0x40000, 0), "group 262144"),
        (Identifier(3, 0xF004, 256), "source 256"),
        (Identifier(3, 0xEA00, 0, 256), "destination 256"),
        (Identifier(3, 0xEA05, 0), "holds a destination"),
        (Identifier(3, 0xF004, 0, 3), "goes to all"),
    ],
)
def test_rejects_identifiers(identifier: Identifier, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        _ = identifier.can_id


@pytest.mark.parametrize("can_id", [-1, 1 << 29])
def test_rejects_numbers_of_more_than_29_bits(can_id: int) -> None:
    with pytest.raises(ProtocolError, match="more than 29 bits"):
        parse_id(can_id)


def values(pgn: int, data: str) -> dict[str, float | None]:
    readings = j1939.read_pgn(pgn, bytes.fromhex(data))
    return {reading.identity: reading.value for reading in readings}


@pytest.mark.parametrize(
    ("pgn", "data", "spn", "expected"),
    [
        (0xF004, "FFFFFF6813FFFFFF", 190, 621),
        (0xF004, "607D84481400F084", 513, 7),
        (0xF003, "FFFA32FFFFFFFFFF", 91, 100),
        (0xF003, "FFFA32FFFFFFFFFF", 92, 50),
        (0xFEF1, "FF0050FFFFFFFFFF", 84, 80),
        (0xFEF1, "F7FFFFFFFFFFFFFF", 70, 1),
        (0xFEEE, "7E57202EFFFFFFFF", 110, 86),
        (0xFEEE, "7E57202EFFFFFFFF", 174, 47),
        (0xFEEE, "7E57202EFFFFFFFF", 175, 96),
        (0xFEF2, "6400FFFFFFFFFFFF", 183, 5),
        (0xFEE9, "FFFFFFFF10270000", 250, 5000),
        (0xFD09, "FFFFFFFF10270000", 5054, 10),
        (0xFEE5, "20110000FFFFFFFF", 247, 219.2),
        (0xFEE0, "FFFFFFFF40E20100", 245, 15_432_000),
        (0xFEC1, "40E20100FFFFFFFF", 917, 617_280),
        (0xFEF5, "C8FFFFE02AFFFFFF", 108, 100),
        (0xFEF5, "C8FFFFE02AFFFFFF", 171, 70),
        (0xFEF7, "FFFFFFFF0901FFFF", 168, 13.25),
        (0xFEFC, "FF7DFFFFFFFFFFFF", 96, 50),
        (0xFEF4, "12C8FFFFFFFFFFFF", 241, 800),
        (0xFE6C, "FFFFFFFFFFFF0050", 1624, 80),
        (0xFEEA, "0110270A00FFFFFF", 582, 5000),
        (0xF001, "FF7DFFFFFFFFFFFF", 521, 50),
        (0xF002, "FF4006FFFFFFFFFF", 191, 200),
        (0xF005, "FFE803807EFFFFFF", 523, 3),
        (0xFE56, "FA6EFFFFFFFFFFFF", 1761, 100),
        (0xFEC0, "FF8D7DFFFFFFFFFF", 914, 70_000),
        (0xFEF3, "8015988BFFFFFFFF", 584, 24.2),
        (0xFDB2, "FFFF0A00FFFFFFFF", 3251, 1000),
        (0xF00A, "FFFF4C08FFFFFFFF", 132, 29.5),
    ],
)
def test_accepts_parameters(pgn: int, data: str, spn: int, expected: float) -> None:
    assert values(pgn, data)[f"SPN {spn}"] == pytest.approx(expected)


@pytest.mark.parametrize("pgn", sorted(j1939.PGNS))
def test_nothing_is_read_from_not_available_and_error(pgn: int) -> None:
    for filler in (b"\xff", b"\xfe"):
        if j1939.PGNS[pgn].spns:
            group = {s.number: s for s in j1939.PGNS[pgn].spns}
            wide = [n for n, s in group.items() if s.bits % 8 == 0 or filler == b"\xff"]
            read = j1939.read_pgn(pgn, filler * 8)
            assert {r.value for r in read if int(r.identity[4:]) in wide} <= {None}


@pytest.mark.parametrize(
    ("raw", "bits", "expected"),
    [
        (0xFA, 8, True),
        (0xFB, 8, False),
        (0xFAFF, 16, True),
        (0xFB00, 16, False),
        (0xFE00, 16, False),
        (0xFAFFFFFF, 32, True),
        (0xFF000000, 32, False),
        (1, 2, True),
        (2, 2, False),
        (3, 2, False),
        (13, 4, True),
        (14, 4, False),
        (1, 1, True),
    ],
)
def test_ranges_of_raw_values(raw: int, bits: int, *, expected: bool) -> None:
    assert is_available(raw, bits) is expected


def test_states_have_texts() -> None:
    driving = j1939.read_pgn(0xFE6C, bytes.fromhex("CB00000000FFFFFF"))
    assert (driving[0].value, driving[0].text) == (3, "driving")
    assert driving[2].value is None
    assert j1939.read_pgn(0xF004, bytes.fromhex("FFFFFFFFFFFFF9FF"))[5].text == "code 9"


def test_a_short_group_gives_what_it_holds() -> None:
    assert [r.identity for r in j1939.read_pgn(0xFEE5, b"\x20\x11\0\0")] == ["SPN 247"]
    assert j1939.read_pgn(0xFEE5, b"") == ()


def test_an_unknown_group_gives_nothing() -> None:
    assert j1939.read_pgn(0xFF00, bytes(8)) == ()
    assert j1939.label_of(0xFF00) == "PGN FF00"
    assert j1939.label_of(0xFEF1) == "CCVS1"


def test_identification_ends_with_asterisks() -> None:
    (vin,) = j1939.read_pgn(0xFEEC, b"1FUJGLDR12LM12345*")
    assert (vin.text, vin.path) == ("1FUJGLDR12LM12345", "Vehicle.VehicleIdentification.VIN")
    assert j1939.read_pgn(0xFEEC, b"1FUJGLDR12LM12345\x01\x02")[0].text == "1FUJGLDR12LM12345"
    assert j1939.read_pgn(0xFEEC, b"\xff" * 8) == ()
    component = j1939.read_pgn(0xFEEB, b"MAKE*MODEL**UNIT*")
    assert [(r.name, r.text) for r in component] == [
        ("make", "MAKE"),
        ("model", "MODEL"),
        ("unit number", "UNIT"),
    ]
    drivers = j1939.read_pgn(0xFE6B, b"DE12345*FR6789*")
    assert [r.text for r in drivers] == ["DE12345", "FR6789"]
    assert j1939.read_pgn(0xFEDA, b"\x01SW1.0*")[0].text == "SW1.0"


@given(st.sampled_from(sorted(j1939.PGNS)), st.binary(max_size=60))
def test_any_content_gives_readings_or_a_protocol_error(pgn: int, data: bytes) -> None:
    try:
        readings = j1939.read_pgn(pgn, data)
    except ProtocolError:
        assert pgn in (0xFECA, 0xFECB)
        return
    assert all(reading.name for reading in readings)
