import tracemalloc
from uuid import UUID

import msgspec

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.features.frames.log import (
    KEPT_BYTES,
    KEPT_BYTES_OF_ALL,
    KEPT_FRAMES,
    FrameLog,
    Tap,
)

ONE, OTHER = UUID(int=1), UUID(int=2)
WAY = ("tcp", "198.51.100.7")


def test_both_directions_are_kept_in_order_with_what_came_of_them() -> None:
    log = FrameLog()
    tap = Tap(log, ONE, WAY)
    tap.came(1000, b"\x01", [Message("heartbeat")])
    tap.went(1001, b"\x02")
    tap.came(1002, b"\x03", ProtocolError("gt06", "no frame"))
    heard, answered, bad = log.frames(ONE, 0, 10)
    assert (heard.number, heard.direction, heard.messages) == (1, "in", (Message("heartbeat"),))
    assert (answered.number, answered.direction, answered.data) == (2, "out", b"\x02")
    assert (bad.error, bad.address, bad.transport) == ("gt06: no frame", "198.51.100.7", "tcp")


def test_only_frames_after_a_number_are_given() -> None:
    log = FrameLog()
    for number in range(5):
        log.went(ONE, number, WAY, b"x")
    assert [frame.number for frame in log.frames(ONE, 2, 2)] == [3, 4]
    assert log.frames(OTHER, 0, 10) == []


def test_a_ring_keeps_the_newest_frames_and_counts_on() -> None:
    log = FrameLog()
    for number in range(KEPT_FRAMES + 10):
        log.went(ONE, number, WAY, b"x")
    frames = log.frames(ONE, 0, KEPT_FRAMES * 2)
    assert (len(frames), frames[0].number, frames[-1].number) == (KEPT_FRAMES, 11, KEPT_FRAMES + 10)


def test_a_ring_is_bounded_in_bytes() -> None:
    log = FrameLog()
    for number in range(10):
        log.went(ONE, number, WAY, bytes(KEPT_BYTES // 4))
    log.went(ONE, 11, WAY, bytes(KEPT_BYTES * 2))
    (last,) = log.frames(ONE, 0, 100)
    assert len(last.data) == KEPT_BYTES


def test_all_rings_together_are_bounded_and_the_longest_silent_goes() -> None:
    log = FrameLog(kept_bytes_of_all=1000)
    log.went(ONE, 1, WAY, bytes(600))
    log.went(OTHER, 2, WAY, bytes(600))
    assert log.frames(ONE, 0, 10) == []
    assert len(log.frames(OTHER, 0, 10)) == 1


def test_forgetting_makes_room() -> None:
    log = FrameLog(kept_bytes_of_all=1000)
    log.went(ONE, 1, WAY, bytes(600))
    log.forget(ONE)
    log.forget(ONE)
    log.went(OTHER, 2, WAY, bytes(600))
    assert log.frames(ONE, 0, 10) == []
    assert len(log.frames(OTHER, 0, 10)) == 1


def test_what_frames_are_decoded_to_counts_as_well() -> None:
    log = FrameLog(KEPT_BYTES_OF_ALL // 16)
    positions = tuple(Position(each, 52.5, 13.4, attributes={"io:1": "00"}) for each in range(20))
    tracemalloc.start()
    try:
        for device in range(10):
            for number in range(KEPT_FRAMES):
                message = Message("positions", positions=tuple(map(_copy, positions)))
                log.came(UUID(int=device), number, WAY, bytes(100), [message])
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < KEPT_BYTES_OF_ALL // 8


def _copy(position: Position) -> Position:
    return msgspec.structs.replace(position, attributes=dict(position.attributes))
