"""Trouble codes: two bytes and back, and the texts."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import ProtocolError
from milepost.vehiclebus import dtc


@pytest.mark.parametrize(
    ("pair", "code"),
    [
        ("0171", "P0171"),
        ("2463", "P2463"),
        ("3400", "P3400"),
        ("4035", "C0035"),
        ("8001", "B0001"),
        ("C100", "U0100"),
        ("FFFF", "U3FFF"),
    ],
)
def test_accepts_codes(pair: str, code: str) -> None:
    assert dtc.code_of(*bytes.fromhex(pair)) == code
    assert dtc.bytes_of(code) == bytes.fromhex(pair)


@given(st.binary(min_size=2, max_size=2))
def test_coding_and_back(pair: bytes) -> None:
    assert dtc.bytes_of(dtc.code_of(*pair)) == pair


@given(st.lists(st.binary(min_size=2, max_size=2).filter(any)))
def test_pairs_of_zeros_are_padding(pairs: list[bytes]) -> None:
    codes = dtc.codes_in(b"\0\0".join(pairs))
    assert codes == tuple(dtc.code_of(*pair) for pair in pairs)


@pytest.mark.parametrize("code", ["", "P017", "X0171", "P4171", "P01G1", "p0171", "P01711"])
def test_rejects_codes(code: str) -> None:
    with pytest.raises(ProtocolError, match="is no trouble code"):
        dtc.bytes_of(code)


def test_the_failure_type_of_a_longer_code_is_not_part_of_it() -> None:
    assert dtc.bytes_of("P0171-1A") == b"\x01\x71"
    assert dtc.text_of("P0171-1A") == dtc.text_of("P0171")


def test_the_generic_codes_have_texts() -> None:
    missing = [f"P{n:04d}" for n in range(1, 1000) if dtc.text_of(f"P{n:04d}") is None]
    # Not assigned.
    assert missing == ["P0364", "P0395", "P0396", "P0397", "P0398", "P0399"]
    assert len(dtc.texts()) > 1900


def test_texts_are_sorted_unique_and_of_generic_codes() -> None:
    codes = list(dtc.texts())
    assert codes == sorted(codes, key=lambda code: ("PCBU".index(code[0]), code))
    assert [code for code in codes if not dtc.is_generic(code)] == []
    assert [code for code in codes if dtc.code_of(*dtc.bytes_of(code)) != code] == []
    bad = [text for text in dtc.texts().values() if not re.fullmatch(r"[A-Z0-9].{4,90}", text)]
    assert bad == []


def test_a_makers_own_code_has_no_text() -> None:
    assert dtc.text_of("P1234") is None
    assert not dtc.is_generic("P1234")
    assert not dtc.is_generic("P3000")


def test_texts_are_read_at_the_first_use_only() -> None:
    code = "from milepost.vehiclebus import dtc, bus; print(dtc.texts.cache_info().misses)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "0\n"
