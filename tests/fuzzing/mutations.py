"""Captured frames, damaged on purpose: by bytes, and by what numbers and texts may turn into."""

import re
from collections.abc import Callable
from random import Random

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_TEXT = re.compile(rb"[A-Za-z0-9]+")

NUMBERS = (
    *(b"nan", b"inf", b"-inf", b"1e20", b"-1e20", b"1e308", b"1e400", b"-1", b"0", b"-0.0"),
    *(b"256", b"65536", b"2147483648", b"-2147483649", b"15321000000", b"9223372036854775808"),
    *(b"9" * 30, b"9" * 400, b"9" * 5000, b"true", b"null", b"", b"1.5", b"ffffffffffffffff"),
    # A superscript and an Arabic digit: `isdigit` says yes, and `int` says no or reads it.
    *("²".encode(), "²".encode("latin-1"), "٣".encode(), b"1_000", b"+1", b" 1"),
)
TEXTS = (
    *(b"\0", b"\\u0000", b"\\ud800", b"%00", b"%ED%A0%80", b"\xed\xa0\x80", b"\xff", b"\x80"),
    *(
        "é".encode(),
        "é".encode("latin-1"),
        b"\r\n",
        b"\x1b[31m",
        b"A" * 300,
        b"A" * 9000,
        b"'",
        b"",
    ),
)
RUNS = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\x01")

Damage = Callable[[bytes, Random], bytes]


def _flip(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes((random.randrange(256),)) + data[at + 1 :]


def _fill(data: bytes, random: Random) -> bytes:
    at, length = random.randrange(len(data)), random.choice((1, 2, 4, 8))
    return data[:at] + random.choice(RUNS) * min(length, len(data) - at) + data[at + length :]


def _cut(data: bytes, random: Random) -> bytes:
    at, length = random.randrange(len(data)), random.choice((1, 2, 8))
    return data[:at] + data[at + length :]


def _double(data: bytes, random: Random) -> bytes:
    at, length = random.randrange(len(data)), random.choice((1, 4, 16))
    return data[: at + length] + data[at:]


def _number(data: bytes, random: Random) -> bytes:
    return _replace(data, _NUMBER, random.choice(NUMBERS), random)


def _text(data: bytes, random: Random) -> bytes:
    return _replace(data, _TEXT, random.choice(TEXTS), random)


def _insert(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + random.choice(TEXTS + NUMBERS) + data[at:]


def _replace(data: bytes, what: re.Pattern[bytes], by: bytes, random: Random) -> bytes:
    found = list(what.finditer(data))
    if not found:
        return _fill(data, random)
    match = random.choice(found)
    return data[: match.start()] + by + data[match.end() :]


_DAMAGES: tuple[Damage, ...] = (_flip, _fill, _cut, _double, _number, _number, _text, _insert)


def mutated(data: bytes, random: Random) -> bytes:
    """The bytes with one to three damages."""
    for _ in range(random.choice((1, 1, 2, 3))):
        data = random.choice(_DAMAGES)(data, random) if data else data
    return data
