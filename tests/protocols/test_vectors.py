"""Replays captured traffic and checks what must come out of it."""

from collections import Counter
from typing import Any

import pytest

from milepost import protocols
from milepost.domain.alarm import ALARMS
from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, DeviceProtocol
from milepost.protocols.vocabulary import is_known
from milepost.registry import discover
from tests.protocols.judging import holds, positions_of
from tests.protocols.vectors import (
    FOLDER,
    PROTOCOLS_WITH_VECTORS,
    RECEIVED_TIME_MS,
    expectations,
    input_of,
    records,
    replayed,
    unmet,
)

PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)
PROTOCOLS_WITH_FRAMES = sorted(path.stem for path in (FOLDER / "frames").glob("*.jsonl"))

# Phones and JSON devices name their attributes themselves.
FREE_ATTRIBUTES = frozenset({"osmand", "owntracks", "mqtt_json"})


@pytest.mark.parametrize("name", PROTOCOLS_WITH_VECTORS)
def test_captured_frames_give_what_is_expected(name: str) -> None:
    kept = records("decode", name)
    failed = {
        (record["instance"], record["seq"])
        for record, outcome, _ in replayed(PROTOCOLS[name], kept)
        if not holds(name, record, outcome)
    }
    assert failed == set(unmet(name))


@pytest.mark.parametrize("name", PROTOCOLS_WITH_VECTORS)
def test_only_damaged_frames_need_leniency_and_are_marked(name: str) -> None:
    count = 0
    for _, outcome, lenient in replayed(PROTOCOLS[name], records("decode", name)):
        count += lenient
        if lenient and isinstance(outcome, list):
            assert all(message.damaged for message in outcome)
            assert all(position.damaged for position in positions_of(outcome))
    assert count == expectations(name).get("damaged", 0)


@pytest.mark.parametrize("name", PROTOCOLS_WITH_VECTORS)
def test_alarms_and_attributes_have_names_of_the_vocabulary(name: str) -> None:
    for _, outcome, _ in replayed(PROTOCOLS[name], records("decode", name)):
        if isinstance(outcome, ProtocolError):
            continue
        positions = positions_of(outcome)
        assert {p.alarm for p in positions} - {None} <= set(ALARMS)
        if name not in FREE_ATTRIBUTES:
            used = {key for each in (*outcome, *positions) for key in each.attributes}
            assert [key for key in sorted(used) if not is_known(key)] == []


@pytest.mark.parametrize("name", PROTOCOLS_WITH_FRAMES)
def test_a_frame_is_cut_from_a_stream(name: str) -> None:
    """The bytes give what the frame alone gives, whatever else they hold.

    Records of the same bytes have their frames one after the other; without an expectation the
    bytes hold no whole frame.
    """
    protocol = PROTOCOLS[name]
    begins: Counter[str] = Counter()
    for record in records("frames", name):
        came = _received(protocol, input_of(record, protocol))
        begin = begins[record["payload"]]
        frame = record.get("expected", {}).get("frame")
        alone = [] if frame is None else _received(protocol, bytes.fromhex(frame))
        end = len(came) if frame is None else begin + len(alone)
        assert came[begin:end] == alone, (record["instance"], record["seq"])
        begins[record["payload"]] = end


def _received(protocol: DeviceProtocol, data: Any) -> list[Message]:
    codec = protocol.codec(CodecContext(protocol.transports[0], lenient=True))
    try:
        return list(codec.receive(data, RECEIVED_TIME_MS))
    except ProtocolError:
        return []
