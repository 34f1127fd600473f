"""ISO-TP: round trips, every check, bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import ProtocolError
from milepost.vehiclebus.frame import Frame
from milepost.vehiclebus.isotp import MOST_BYTES, MOST_SESSIONS, Reassembler
from tests.vehiclebus.segments import isotp_frames


def frame(data: str, can_id: int = 0x7E8, time_s: float = 0.0) -> Frame:
    return Frame(time_s, "can0", can_id, is_extended=False, data=bytes.fromhex(data))


def feed(reassembler: Reassembler, *frames: Frame) -> list[bytes]:
    payloads = (reassembler.receive(one) for one in frames)
    return [payload for payload in payloads if payload is not None]


@given(st.binary(min_size=1, max_size=MOST_BYTES))
def test_segments_and_back(payload: bytes) -> None:
    assert feed(Reassembler(), *isotp_frames(payload, 0x7E8)) == [payload]


@given(st.binary(min_size=1, max_size=MOST_BYTES), st.binary(min_size=1, max_size=1))
def test_segments_with_an_address_byte_and_back(payload: bytes, address: bytes) -> None:
    frames = isotp_frames(payload, 0x7E8, address)
    assert feed(Reassembler(has_address_byte=True), *frames) == [payload]


def test_identifiers_and_addresses_interleave() -> None:
    pairs = zip(isotp_frames(bytes(20), 0x7E8), isotp_frames(b"\1" * 20, 0x7E9), strict=True)
    assert feed(Reassembler(), *(one for pair in pairs for one in pair)) == [bytes(20), b"\1" * 20]
    reassembler = Reassembler(has_address_byte=True)
    pairs = zip(
        isotp_frames(bytes(20), 0x600, b"\xa0"), isotp_frames(b"\1" * 20, 0x600, b"\xa1"),
        strict=True,
    )  # fmt: skip
    assert len(feed(reassembler, *(one for pair in pairs for one in pair))) == 2


def test_flow_control_carries_nothing() -> None:
    first, *rest = isotp_frames(bytes(20), 0x7E8)
    assert feed(Reassembler(), first, frame("3000000000000000"), *rest) == [bytes(20)]


def test_numbers_go_round_after_fifteen() -> None:
    payload = bytes(range(250))
    frames = list(isotp_frames(payload, 0x7E8))
    assert [one.data[0] for one in frames[15:18]] == [0x2F, 0x20, 0x21]
    assert feed(Reassembler(), *frames) == [payload]


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        ([""], "an empty frame"),
        (["0000000000000000"], "single frame of 0 bytes"),
        (["0501020304"], "single frame of 5 bytes in 4"),
        (["0F01020304050607"], "single frame of 15 bytes"),
        (["10146201"], "first frame of 4 bytes"),
        (["1007010203040506"], "announces 7 bytes"),
        (["1000000010000000"], "announces 0 bytes"),
        (["2101020304050607"], "without a first one"),
        (["4001020304050607"], "no frame type 4"),
        (["1014620101020304", "2201020304050607"], "frame 2 came, 1 is next"),
        (["1014620101020304", "21010203"], "consecutive frame of 3 bytes"),
    ],
)
def test_rejects(frames: list[str], reason: str) -> None:
    reassembler = Reassembler()
    with pytest.raises(ProtocolError, match=reason):
        feed(reassembler, *map(frame, frames))
    assert len(reassembler) == 0


def test_rejects_only_an_address() -> None:
    with pytest.raises(ProtocolError, match="an empty frame"):
        Reassembler(has_address_byte=True).receive(frame("F1"))


@pytest.mark.parametrize("later_s", [2.1, -0.1])
def test_rejects_a_frame_after_a_silence(later_s: float) -> None:
    reassembler = Reassembler()
    reassembler.receive(frame("1014620101020304"))
    with pytest.raises(ProtocolError, match="s later"):
        reassembler.receive(frame("2101020304050607", time_s=later_s))


def test_a_new_message_replaces_an_unfinished_one() -> None:
    reassembler = Reassembler()
    reassembler.receive(frame("1014620101020304"))
    assert reassembler.receive(frame("0241FF")) == b"\x41\xff"
    assert len(reassembler) == 0


def test_endless_first_frames_hold_bounded_memory() -> None:
    reassembler = Reassembler()
    refused = 0
    for can_id in range(0x7FF):
        try:
            reassembler.receive(frame("1FFF620101020304", can_id))
        except ProtocolError as error:
            assert "messages at a time" in str(error)
            refused += 1
        assert len(reassembler) <= MOST_SESSIONS
    assert refused == 0x7FF - MOST_SESSIONS
    reassembler.receive(frame("1014620101020304", 0x7FF, time_s=10.0))
    assert len(reassembler) == 1


@given(st.lists(st.binary(max_size=8), max_size=40))
def test_noise_raises_only_protocol_errors(noise: list[bytes]) -> None:
    reassembler = Reassembler()
    for data in noise:
        try:
            payload = reassembler.receive(Frame(0.0, "0", 1, is_extended=False, data=data))
        except ProtocolError:
            continue
        assert payload is None or 0 < len(payload) <= MOST_BYTES
