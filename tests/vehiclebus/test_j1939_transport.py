"""BAM and RTS/CTS: round trips, every check, bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import ProtocolError
from milepost.vehiclebus.frame import Frame
from milepost.vehiclebus.j1939 import parse_id
from milepost.vehiclebus.j1939_transport import MOST_BYTES, MOST_SESSIONS, Message, Reassembler
from tests.vehiclebus.segments import control_frame, data_frame, j1939_frames

PGN = 0xFECA
BAM = bytes.fromhex("200E0002FF")
RTS = bytes.fromhex("100E0002FF")


def feed(reassembler: Reassembler, *frames: Frame, time_s: float = 0.0) -> list[Message]:
    messages = (
        reassembler.receive(parse_id(frame.can_id), frame.data, time_s, frame.bus)
        for frame in frames
    )
    return [message for message in messages if message is not None]


@given(
    st.binary(min_size=9, max_size=MOST_BYTES),
    st.sampled_from([0xFECA, 0xFEEC, 0xFEE3, 0x1FE00]),
    st.integers(0, 253),
    st.sampled_from([255, 0x27]),
)
def test_segments_and_back(data: bytes, pgn: int, source: int, destination: int) -> None:
    (message,) = feed(Reassembler(), *j1939_frames(pgn, data, source, destination))
    assert message.data == data
    assert message.identifier.pgn == pgn
    assert (message.identifier.source, message.identifier.destination) == (source, destination)
    assert message.transport == ("BAM" if destination == 255 else "RTS/CTS")


@given(st.lists(st.binary(min_size=9, max_size=60), min_size=2, max_size=6), st.randoms())
def test_transfers_may_interleave(payloads: list[bytes], random: object) -> None:
    queues = [list(j1939_frames(PGN, data, source)) for source, data in enumerate(payloads)]
    frames = []
    while any(queues):
        queue = random.choice([queue for queue in queues if queue])  # type: ignore[attr-defined]
        frames.append(queue.pop(0))
    messages = feed(Reassembler(), *frames)
    assert sorted(m.identifier.source for m in messages) == list(range(len(payloads)))
    assert all(m.data == payloads[m.identifier.source] for m in messages)


def test_buses_are_apart() -> None:
    reassembler = Reassembler()
    first, *rest = j1939_frames(PGN, bytes(14), 0)
    feed(reassembler, first)
    with pytest.raises(ProtocolError, match="not announced"):
        reassembler.receive(parse_id(rest[0].can_id), rest[0].data, 0.0, "can1")


def test_a_lost_packet_is_sent_again_on_demand() -> None:
    frames = list(j1939_frames(PGN, bytes(range(21)), 0, 0x27))
    again = control_frame(bytes.fromhex("110202FFFF"), PGN, 0x27, 0)
    (message,) = feed(Reassembler(), *frames[:3], again, *frames[2:])
    assert message.data == bytes(range(21))


def test_a_receiver_may_ask_the_sender_to_wait() -> None:
    reassembler = Reassembler()
    frames = list(j1939_frames(PGN, bytes(14), 0, 0x27))
    feed(reassembler, *frames[:2])
    feed(reassembler, control_frame(bytes.fromhex("1100FFFFFF"), PGN, 0x27, 0), time_s=1.9)
    assert len(feed(reassembler, frames[2], time_s=3.8)) == 1


@pytest.mark.parametrize(("kind", "from_sender"), [("13", False), ("FF", False), ("FF", True)])
def test_end_and_abort_forget_the_transfer(kind: str, *, from_sender: bool) -> None:
    reassembler = Reassembler()
    feed(reassembler, *list(j1939_frames(PGN, bytes(14), 0, 0x27))[:2])
    ends = (0, 0x27) if from_sender else (0x27, 0)
    feed(reassembler, control_frame(bytes.fromhex(f"{kind}FFFFFFFF"), PGN, *ends))
    assert len(reassembler) == 0


def test_a_clear_to_send_of_another_transfer_is_nothing() -> None:
    cts = control_frame(bytes.fromhex("110101FFFF"), PGN, 0x27, 0)
    assert feed(Reassembler(), cts) == []


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        ([data_frame(bytes(7), 0)], "has 7 bytes, not 8"),
        ([data_frame(bytes(8), 0)], "not announced"),
        ([control_frame(bytes.fromhex("2108000200"), PGN, 0)], "no transport control 21"),
        ([control_frame(bytes.fromhex("20080002FF"), PGN, 0)], "8 bytes announced"),
        ([control_frame(bytes.fromhex("20FA06FFFF"), PGN, 0)], "1786 bytes announced"),
        ([control_frame(bytes.fromhex("200E0003FF"), PGN, 0)], "3 packets announced for 14"),
        ([control_frame(BAM, PGN, 0, 0x27)], "BAM to one address"),
        ([control_frame(RTS, PGN, 0)], "RTS to all"),
        ([control_frame(BAM, PGN, 0), data_frame(b"\2" + bytes(7), 0)], "packet 2 came, 1 is"),
        ([control_frame(BAM, PGN, 0), data_frame(b"\0" + bytes(7), 0)], "packet 0 came, 1 is"),
        (
            [
                control_frame(RTS, PGN, 0, 0x27),
                control_frame(bytes.fromhex("110102FFFF"), PGN, 0x27, 0),
            ],
            "packet 2 asked for",
        ),
    ],
)
def test_rejects(frames: list[Frame], reason: str) -> None:
    reassembler = Reassembler()
    with pytest.raises(ProtocolError, match=reason):
        feed(reassembler, *frames)
    assert len(reassembler) == 0


@pytest.mark.parametrize("later_s", [2.1, -1.0])
def test_rejects_a_packet_after_a_silence(later_s: float) -> None:
    reassembler = Reassembler()
    first, second, _ = j1939_frames(PGN, bytes(14), 0)
    feed(reassembler, first, time_s=0.0)
    with pytest.raises(ProtocolError, match="s later"):
        feed(reassembler, second, time_s=later_s)
    assert len(reassembler) == 0


def test_a_new_announcement_replaces_an_unfinished_one() -> None:
    reassembler = Reassembler()
    feed(reassembler, *list(j1939_frames(PGN, bytes(14), 0))[:2])
    (message,) = feed(reassembler, *j1939_frames(PGN, bytes(range(20)), 0))
    assert message.data == bytes(range(20))


def test_endless_announcements_hold_bounded_memory() -> None:
    reassembler = Reassembler()
    refused = 0
    for number in range(10_000):
        source, destination = number % 250, number // 250 % 250
        try:
            feed(reassembler, control_frame(RTS, PGN, source, destination))
        except ProtocolError as error:
            assert "transfers at a time" in str(error)
            refused += 1
        assert len(reassembler) <= MOST_SESSIONS
    assert refused == 10_000 - MOST_SESSIONS
    feed(reassembler, control_frame(BAM, PGN, 0xF0), time_s=10.0)
    assert len(reassembler) == 1
