"""A customer's own signals: DBC files and mapping files."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import InvalidInput
from milepost.vehiclebus.dbc import SignalFile, read_map

FOLDER = Path(__file__).resolve().parent.parent / "vectors" / "can" / "dbc"
OWN = """VERSION ""
NS_ :
BS_:
BU_: ECU
BO_ 256 Engine: 8 ECU
 SG_ Oil : 0|8@1+ (1,-40) [0|0] "degC" ECU
 SG_ Level : 15|16@0+ (0.5,0) [0|0] "l" ECU
 SG_ Trim : 24|8@1- (0.25,0) [0|0] "" ECU
 SG_ Mode : 32|2@1+ (1,0) [0|3] "" ECU
BO_ 257 Multi: 8 ECU
 SG_ Page M : 0|8@1+ (1,0) [0|0] "" ECU
 SG_ First m1 : 8|16@1+ (0.1,0) [0|0] "V" ECU
 SG_ Second m2 : 8|8@1+ (1,0) [0|0] "A" ECU
BO_ 2566844926 CCVS1: 8 ECU
 SG_ Speed : 8|16@1+ (0.00390625,0) [0|250.996] "km/h" ECU
BO_ 2566843134 Exact: 8 ECU
 SG_ One : 0|8@1+ (1,0) [0|0] "" ECU
VAL_ 256 Mode 0 "off" 1 "on" ;
"""
MAP = """
[signals]
"Engine.Oil" = { path = "Vehicle.Powertrain.CombustionEngine.EngineOil.Temperature" }
"Engine.Level" = { path = "Vehicle.Powertrain.FuelSystem.AbsoluteLevel", valid = "Mode" }
"CCVS1.Speed" = { path = "Vehicle.Speed", scale = 2.0, offset = 1.0 }
"""


def read(
    can_id: int, data: str, *, is_extended: bool = False, mapping: str = "[signals]"
) -> dict[str, float | None]:
    signal_file = SignalFile(OWN, read_map(mapping))
    readings = signal_file.read(can_id, bytes.fromhex(data), is_extended=is_extended)
    return {reading.path or reading.name: reading.value for reading in readings}


def test_accepts_both_byte_orders_signs_and_scales() -> None:
    assert read(256, "6401 00FC 01 000000") == {
        "Engine.Oil": 60,
        "Engine.Level": 128,
        "Engine.Trim": -1,
        "Engine.Mode": 1,
    }


def test_a_choice_is_named() -> None:
    readings = SignalFile(OWN).read(256, bytes.fromhex("640100FC01000000"), is_extended=False)
    assert [r.text for r in readings] == [None, None, None, "on"]
    other = SignalFile(OWN).read(256, bytes.fromhex("640100FC02000000"), is_extended=False)
    assert other[3].text is None


def test_multiplexed_signals_appear_on_their_page_only() -> None:
    assert read(257, "0164000000000000") == {"Multi.Page": 1, "Multi.First": 10}
    assert read(257, "0264000000000000") == {"Multi.Page": 2, "Multi.Second": 100}
    assert read(257, "0364000000000000") == {}


def test_signals_beyond_the_end_are_left_out() -> None:
    assert read(256, "64") == {"Engine.Oil": 60}
    assert read(257, "") == {}
    assert read(257, "01") == {"Multi.Page": 1}


def test_a_j1939_message_stands_for_its_group_whoever_sends_it() -> None:
    for can_id in (0x18FEF100, 0x0CFEF147):
        assert read(can_id, "FF0050FFFFFFFFFF", is_extended=True) == {"CCVS1.Speed": 80}


def test_not_available_is_none_in_j1939_only() -> None:
    assert read(0x18FEF100, "FFFFFFFFFFFFFFFF", is_extended=True) == {"CCVS1.Speed": None}
    assert read(256, "FF")["Engine.Oil"] == 215


def test_standard_and_extended_identifiers_are_apart() -> None:
    assert read(256, "6401", is_extended=True) == {}
    assert read(0x7FF, "6401") == {}


def test_a_mapping_gives_path_unit_and_scale() -> None:
    assert read(0x18FEF100, "FF0050FFFFFFFFFF", is_extended=True, mapping=MAP) == {
        "Vehicle.Speed": 161
    }
    signal_file = SignalFile(OWN, read_map(MAP))
    oil = signal_file.read(256, b"\x64", is_extended=False)[0]
    assert (oil.value, oil.unit) == (60, "Celsius")


def test_a_mapping_may_ask_another_signal_for_validity() -> None:
    path = "Vehicle.Powertrain.FuelSystem.AbsoluteLevel"
    assert read(256, "6401 00FC 01", mapping=MAP)[path] == 128
    assert read(256, "6401 00FC 00", mapping=MAP)[path] is None
    # The signal is beyond the end: not known to be valid.
    assert read(256, "640100", mapping=MAP)[path] is None


def test_long_messages_of_11_bits_are_of_isotp() -> None:
    text = (FOLDER / "tp_uds.dbc").read_text("utf-8")
    assert SignalFile(text).isotp_ids == {0x7EC, 0x7BB}
    assert SignalFile(OWN).isotp_ids == frozenset()


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir()))
def test_accepts_real_files(name: str) -> None:
    assert SignalFile((FOLDER / name).read_text("utf-8"))


@pytest.mark.parametrize(
    "text", ["hello", "BO_ 256 Engine: 8", "\0\1\2", 'VERSION "x"\nBO_ 1 A: 99999999999 B\n SG_']
)
def test_rejects_files_that_are_no_dbc(text: str) -> None:
    with pytest.raises(InvalidInput, match="DBC file"):
        SignalFile(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("signals = [", "TOML"),
        ("[others]", "TOML"),
        ('[signals]\n"a.b" = { scale = 1 }', "path"),
        ('[signals]\n"a.b" = { path = "Vehicle.Speed", factor = 1 }', "factor"),
        ('[signals]\n"a.b" = { path = "Vehicle.Sped" }', "a path of VSS 6.0"),
        ('[signals]\n"a.b" = { path = "Vehicle.Speed", scale = "x" }', "float"),
    ],
)
def test_rejects_mappings(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        read_map(text)


@pytest.mark.parametrize(
    "line",
    ['"Engine.Oill" = { path = "Vehicle.Speed" }',
     '"Engine.Oil" = { path = "Vehicle.Speed", valid = "Ok" }'],
)  # fmt: skip
def test_rejects_mappings_of_signals_that_are_not_there(line: str) -> None:
    with pytest.raises(InvalidInput, match="a signal of the DBC file"):
        SignalFile(OWN, read_map(f"[signals]\n{line}"))


@given(st.sampled_from([256, 257]), st.binary(max_size=16))
def test_any_content_gives_readings(can_id: int, data: bytes) -> None:
    readings = SIGNAL_FILE.read(can_id, data, is_extended=False)
    assert all(reading.identity == "DBC" for reading in readings)


SIGNAL_FILE = SignalFile(OWN)
