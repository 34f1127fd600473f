"""DM1 and DM2: lamps, codes, and the four ways of packing them."""

import pytest

from milepost.errors import ProtocolError
from milepost.vehiclebus import j1939
from milepost.vehiclebus.faults import FMI_TEXTS, Fault, read_faults


def faults(data: str, version: int = 4) -> tuple[Fault, ...]:
    return read_faults(bytes.fromhex(data), version).faults


def test_accepts_one_code_in_a_frame() -> None:
    assert faults("04FF6E000501FFFF") == (Fault(110, 5, 1),)


def test_accepts_many_codes() -> None:
    """Three codes of a real truck: 980/9, 3216/20, 609/12."""
    data = "40FF D403097E 900C1402 61020C03 FFFF"
    assert [(f.spn, f.fmi, f.occurrences) for f in faults(data)] == [
        (980, 9, 126),
        (3216, 20, 2),
        (609, 12, 3),
    ]


@pytest.mark.parametrize("empty", ["00FF00000000FFFF", "00FFFFFFFFFFFFFF", "00FF0000007FFFFF"])
def test_no_code_is_none(empty: str) -> None:
    assert faults(empty) == ()


@pytest.mark.parametrize(
    ("version", "cut"),
    [
        # SPN 524287 - 12345 = 511942 = 0x7CFC6, FMI 3.
        (1, "F9F8C3"),
        (2, "F8F9C3"),
        (3, "C6CFE3"),
        (4, "C6CFE3"),
    ],
)
def test_packings_of_older_senders(version: int, cut: str) -> None:
    assert faults(f"04FF{cut}85", version) == (Fault(0x7CFC6, 3, 5, is_old_packing=True),)


def test_the_version_asked_for_counts_for_old_codes_only() -> None:
    assert faults("04FF6E000501", version=1) == (Fault(110, 5, 1),)
    assert faults("04FF6E000581", version=1) == (Fault(110 << 11, 5, 1, is_old_packing=True),)


def test_a_count_of_127_is_none() -> None:
    assert faults("04FF6E00057F") == (Fault(110, 5, None),)


def test_lamps() -> None:
    report = read_faults(bytes.fromhex("4410000000000000"))
    assert [(lamp.spn, lamp.is_on) for lamp in report.lamps] == [
        (987, False),
        (624, True),
        (623, False),
        (1213, True),
    ]
    flashing = read_faults(bytes.fromhex("5511FFFFFFFF")).lamps
    assert [lamp.flash for lamp in flashing] == ["fast flash", "slow flash"] * 2
    assert {lamp.is_on for lamp in read_faults(b"\xff" * 8).lamps} == {None}


def test_a_code_in_words() -> None:
    assert str(Fault(110, 0, 3)) == "SPN 110 FMI 0: above the normal range, most severe, 3 times"
    assert len(FMI_TEXTS) == 32


@pytest.mark.parametrize(
    ("data", "version", "reason"),
    [
        (b"\0" * 5, 4, "has 5 bytes"),
        (b"\0" * 8, 5, "version 5"),
        (b"\0" * 8, 0, "version 0"),
    ],
)
def test_rejects_reports(data: bytes, version: int, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        read_faults(data, version)


def test_only_active_codes_count_for_vss() -> None:
    data = bytes.fromhex("44FF6E000501FFFF")
    paths = [{r.path for r in j1939.read_pgn(pgn, data) if r.path} for pgn in (0xFECA, 0xFECB)]
    assert paths == [{"Vehicle.Diagnostics.DTCCount", "Vehicle.Diagnostics.DTCList"}, set()]
