"""UDS answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import ProtocolError
from milepost.vehiclebus import uds
from milepost.vehiclebus.reading import Reading


def answer(payload: str) -> tuple[Reading, ...]:
    return uds.read_answer(bytes.fromhex(payload))


def test_a_refusal_has_its_reason() -> None:
    (reading,) = answer("7F2231")
    assert (reading.identity, reading.value) == ("SID 22", 0x31)
    assert reading.text == "value out of range"
    assert answer("7F22F0")[0].text == "reason F0"


def test_a_data_record_keeps_its_bytes() -> None:
    (reading,) = answer("620101FFF7E7")
    assert (reading.identity, reading.text) == ("DID 0101", "FFF7E7")


def test_standard_identifiers_are_texts() -> None:
    (vin,) = uds.read_answer(b"\x62\xf1\x90" + b"1HGCM82633A004352")
    assert (vin.text, vin.path) == ("1HGCM82633A004352", "Vehicle.VehicleIdentification.VIN")
    (serial,) = uds.read_answer(b"\x62\xf1\x8c" + b"ABC123\0\0")
    assert (serial.name, serial.text, serial.path) == ("serial number", "ABC123", None)


def test_a_local_record_of_older_units() -> None:
    assert answer("6101AABB")[0].identity == "LID 01"


def test_trouble_codes_have_failure_type_and_status() -> None:
    first, second = answer("5902FF 01711A2F C1000008")
    assert first.text == (
        "P0171-1A: test failed, failed in this cycle, pending, confirmed, failed since clearing"
    )
    assert second.text == "U0100-00: confirmed"
    assert answer("5902FF") == ()
    assert uds.status_text(0) == "none"


def test_a_count_of_trouble_codes() -> None:
    assert answer("5901FF010003")[0].value == 3
    assert answer("590601711A2F01")[0].text == "01711A2F01"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("", "nothing is no known answer"),
        ("5003", "50 is no known answer"),
        ("7F22", "a refusal has 1 bytes"),
        ("6201", "service 22 has 1 bytes"),
        ("620101", "service 22 has 2 bytes"),
        ("6101", "service 21 has 1 bytes"),
        ("5902", "service 19 has 1 bytes"),
        ("5901FF0100", "count of trouble codes has 4 bytes"),
        ("5902FF0171", "trouble codes in 2 bytes"),
    ],
)
def test_rejects(payload: str, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        answer(payload)


@given(st.binary(max_size=60))
def test_noise_raises_only_protocol_errors(noise: bytes) -> None:
    try:
        assert isinstance(uds.read_answer(noise), tuple)
    except ProtocolError:
        return
    assert uds.is_answer(noise)
