"""The guesser over all captured frames, and what it weighs."""

import pytest

from milepost import protocols
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.guess import Guess, guesses, is_imei
from milepost.registry import discover
from tests.protocols.vectors import PROTOCOLS_WITH_VECTORS, input_of, records

PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)
NOW_MS = 1_790_000_000_000
STREAMED = [
    name for name in PROTOCOLS_WITH_VECTORS if {"tcp", "udp"} & set(PROTOCOLS[name].transports)
]
LOGIN = bytes.fromhex("78780d01086471700328358100093f040d0a")
FIX = bytes.fromhex(
    "78782a31180613012b39cc0274c4dc050d7cd000180002d4000ac3c70dbdc4150100000000000002a6000ea40b0d0a"
)


def best(*chunks: bytes) -> Guess:
    return guesses(PROTOCOLS, chunks, NOW_MS)[0]


def reason_with(guess: Guess, text: str) -> bool:
    return any(text in reason for reason in guess.reasons)


@pytest.mark.parametrize("name", STREAMED)
def test_captured_frames_are_recognised(name: str) -> None:
    """Each frame by itself; some say nothing that only their protocol says."""
    frames = [input_of(record, PROTOCOLS[name]) for record in records("decode", name)]
    recognised = 0
    for frame in frames:
        assert isinstance(frame, bytes)
        found = guesses(PROTOCOLS, [frame], NOW_MS)
        recognised += bool(found) and found[0].protocol == name
    assert recognised / len(frames) >= 0.8


def test_more_evidence_gives_more_confidence() -> None:
    login, both = best(LOGIN), best(LOGIN, FIX)
    assert login.protocol == both.protocol == "gt06"
    assert login.confidence < both.confidence == 1.0
    assert reason_with(both, "2 frames with the right checksum")


def test_a_wrong_checksum_is_weak_evidence_and_said() -> None:
    damaged = FIX[:-3] + b"\xff" + FIX[-2:]
    guess = best(damaged)
    assert guess.protocol == "gt06"
    assert guess.confidence < 0.7
    assert reason_with(guess, "is wrong")


def test_what_cannot_be_read_between_counts_against_it() -> None:
    clean, broken = best(LOGIN, FIX), best(LOGIN, b"\xfe\xfe\xfe\xfe", FIX)
    assert broken.protocol == "gt06"
    assert broken.confidence < clean.confidence
    assert reason_with(broken, "1 unreadable")


def test_each_protocol_is_named_once() -> None:
    found = guesses(PROTOCOLS, [b"*HQ,1,V1,164549,A,0956.3869,N,08406.7,W,0,0,221215,FF#"], NOW_MS)
    assert len({guess.protocol for guess in found}) == len(found)


def test_nothing_is_made_of_noise() -> None:
    assert guesses(PROTOCOLS, [b"\xfe\x01\xfe\x02"], NOW_MS) == []


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("356307042441013", True),
        ("356307042441014", False),
        ("35630704244101", False),
        ("35630704244101x", False),
        ("٣56307042441013", False),
    ],
)
def test_an_imei_ends_in_its_check_digit(text: str, *, valid: bool) -> None:
    assert is_imei(text) is valid
