"""Frames in, signals out: what goes where, and the traps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.vehiclebus.bus import BusDecoder, Signal, Transfer
from milepost.vehiclebus.dbc import SignalFile, read_map
from milepost.vehiclebus.frame import Frame
from tests.vehiclebus.segments import isotp_frames, j1939_frames
from tests.vehiclebus.test_dbc import MAP, OWN


def standard(can_id: int, data: str) -> Frame:
    return Frame(1.0, "can0", can_id, is_extended=False, data=bytes.fromhex(data))


def extended(can_id: int, data: str) -> Frame:
    return Frame(1.0, "can0", can_id, is_extended=True, data=bytes.fromhex(data))


def decode(decoder: BusDecoder, *frames: Frame) -> list[Signal]:
    return [signal for frame in frames for signal in decoder.decode(frame)]


@pytest.mark.parametrize(
    "frame",
    [
        standard(0x7E8, "03410D32AAAAAAAA"),
        standard(0x7EF, "03410D3200000000"),
        extended(0x18DAF110, "03410D3255555555"),
    ],
)
def test_answers_of_any_control_unit(frame: Frame) -> None:
    (signal,) = decode(BusDecoder(), frame)
    assert signal.reading.value == 50
    assert signal.reading.path == "Vehicle.Speed"
    assert signal.source == f"obd {frame.can_id:0{8 if frame.is_extended else 3}X}"
    assert (signal.time_s, signal.bus) == (1.0, "can0")


@pytest.mark.parametrize(
    "frame",
    [
        standard(0x7DF, "02010DAAAAAAAAAA"),
        standard(0x7E0, "02010DAAAAAAAAAA"),
        extended(0x18DA10F1, "02010DAAAAAAAAAA"),
        standard(0x123, "03410D32AAAAAAAA"),
    ],
)
def test_requests_and_other_identifiers_say_nothing(frame: Frame) -> None:
    decoder = BusDecoder()
    assert decode(decoder, frame) == []
    assert not decoder.refused


def test_padding_is_no_parameter() -> None:
    """The length of the message counts, not the frame: 0D 0D … would be a speed of 13."""
    (signal,) = decode(BusDecoder(), standard(0x7E8, "03410D320D0D0D0D"))
    assert signal.reading.value == 50


def test_a_vin_comes_in_several_frames() -> None:
    transfers: list[Transfer] = []
    payload = b"\x49\x02\x01" + b"1HGCM82633A004352"
    decoder = BusDecoder(on_transfer=transfers.append)
    (signal,) = decode(decoder, *isotp_frames(payload, 0x7E8))
    assert signal.reading.text == "1HGCM82633A004352"
    (transfer,) = transfers
    assert (transfer.label, transfer.transport, transfer.data) == ("SID 49", "ISO-TP", payload)


def test_answers_of_two_units_may_interleave() -> None:
    payload = b"\x49\x02\x01" + b"1HGCM82633A004352"
    pairs = zip(isotp_frames(payload, 0x7E8), isotp_frames(payload, 0x7E9), strict=True)
    signals = decode(BusDecoder(), *(frame for pair in pairs for frame in pair))
    assert [signal.source for signal in signals] == ["obd 7E8", "obd 7E9"]


def test_a_refused_request_is_told() -> None:
    (signal,) = decode(BusDecoder(), standard(0x7E8, "037F2278AAAAAAAA"))
    assert (signal.source, signal.reading.text) == ("uds 7E8", "received, answer follows")


def test_an_unknown_service_is_no_error() -> None:
    decoder = BusDecoder()
    assert decode(decoder, standard(0x7E8, "0250010000000000")) == []
    assert not decoder.refused


def test_own_identifiers_may_carry_isotp() -> None:
    frame = standard(0x7BB, "0562F40C1AF8AAAA")
    assert decode(BusDecoder(), frame) == []
    (signal,) = decode(BusDecoder(isotp_ids=[0x7BB]), frame)
    assert signal.reading.text == "1AF8"


def test_what_contradicts_a_standard_is_counted() -> None:
    decoder = BusDecoder()
    frames = [
        standard(0x7E8, "0F410D3200000000"),
        standard(0x7E8, "03410C3200000000"),
        extended(0x1CEBFF00, "0100000000000000"),
        extended(0x18FECA00, "0000"),
    ]
    assert decode(decoder, *frames, frames[0]) == []
    assert sorted(decoder.refused.values()) == [1, 1, 1, 2]


def test_groups_go_by_their_sender() -> None:
    frames = [extended(0x18FEF100, "FF0050FFFFFFFFFF"), extended(0x18FEF147, "FF0028FFFFFFFFFF")]
    speeds = {
        signal.source: signal.reading.value
        for signal in decode(BusDecoder(), *frames)
        if signal.reading.identity == "SPN 84"
    }
    assert speeds == {"j1939 00": 80, "j1939 47": 40}


def test_a_group_of_11_bits_is_none() -> None:
    """The same number, and not the same identifier."""
    frame = Frame(1.0, "can0", 0x700, is_extended=True, data=bytes(8))
    assert decode(BusDecoder(SignalFile(OWN)), frame) == []


def test_a_transported_group_reaches_dbc_as_well() -> None:
    text = OWN.replace("2566844926 CCVS1: 8", "2566844926 CCVS1: 20")
    frames = j1939_frames(0xFEF1, bytes.fromhex("FF0050") + b"\xff" * 10, 0x05)
    signals = decode(BusDecoder(SignalFile(text)), *frames)
    values = {signal.source: signal.reading.value for signal in signals if "peed" in
              signal.reading.name and signal.reading.identity in ("SPN 84", "DBC")}  # fmt: skip
    assert values == {"j1939 05": 80, "dbc 1CFEF105": 80}


def test_own_signals_stand_beside_those_of_standards() -> None:
    decoder = BusDecoder(SignalFile(OWN, read_map(MAP)))
    signals = decode(decoder, extended(0x18FEF100, "FF0050FFFFFFFFFF"), standard(256, "64"))
    own = [signal for signal in signals if signal.source.startswith("dbc")]
    assert [(s.source, s.reading.value) for s in own] == [("dbc 18FEF100", 161), ("dbc 100", 60)]


def test_no_position_comes_of_not_available() -> None:
    readings = [s.reading for s in decode(BusDecoder(), extended(0x18FEF300, "FF" * 8))]
    assert [(r.field, r.value) for r in readings] == [
        ("latitude_deg", None),
        ("longitude_deg", None),
    ]


@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.sampled_from([0x7E8, 0x1CECFF00, 0x1CEBFF00, 0x18FECA00, 0x18DAF110, 257]),
                st.integers(0, (1 << 29) - 1),
            ),
            st.binary(max_size=8),
        ),
        max_size=60,
    )
)
def test_noise_is_survived(frames: list[tuple[int, bytes]]) -> None:
    decoder = BusDecoder(SignalFile(OWN))
    for can_id, data in frames:
        frame = Frame(1.0, "can0", can_id, is_extended=can_id > 0x7FF, data=data)
        assert isinstance(list(decoder.decode(frame)), list)


def test_reasons_are_bounded() -> None:
    decoder = BusDecoder()
    for size in range(0x1000):
        first = Frame(1.0, str(size), 0x7E8, is_extended=False, data=b"\x10\x14" + bytes(6))
        decode(decoder, first)
    for number in range(2000):
        frame = Frame(number * 1.7, "can0", 0x1CEBFF00, is_extended=True, data=bytes(8))
        decode(decoder, frame)
    assert len(decoder.refused) <= 1000
