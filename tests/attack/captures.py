"""The captured frames of all protocols, by connection, and what an attacker makes of them."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from random import Random

import msgspec

from milepost import protocols
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, DeviceProtocol, HttpRequest, Transport
from milepost.registry import discover
from tests.protocols.vectors import RECEIVED_TIME_MS, input_of, records

PROTOCOLS: Mapping[str, DeviceProtocol] = discover(protocols, "PROTOCOL", DeviceProtocol)
IDENTITIES_EACH = 4
_EXTREMES = (b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00" * 8, b"\xff" * 8)
_NUMBERS = (b"99999999999999999999", b"-1", b"1e20", b"NaN", b"15321000000", b"0", b"")
_TEXTS = (b"\x00", b"%00", b"\xed\xa0\x80", b"\xe5\xb8\x8c", b"'; --", b"A" * 300, b"\r\n")


class Line(msgspec.Struct, frozen=True):
    """A port of the server, and what devices have said there, a connection each."""

    protocol: str
    transport: Transport
    port: int
    talks: list[list[bytes]]


def lines() -> list[Line]:
    """Every device port over every transport."""
    found = []
    for protocol in PROTOCOLS.values():
        talks = list(_talks(protocol)) or [[b"0"]]
        found += [
            Line(protocol.name, transport, protocol.port, talks)
            for transport in protocol.transports
            if protocol.port is not None and transport != "mqtt"
        ]
    return found


def _talks(protocol: DeviceProtocol) -> Iterator[list[bytes]]:
    found = records("decode", protocol.name)
    for _, group in groupby(found, key=lambda record: record["instance"]):
        yield [_bytes(input_of(record, protocol)) for record in group]


def _bytes(data: object) -> bytes:
    """A request as it stands on the wire."""
    if isinstance(data, HttpRequest):
        target = f"{data.path}?{data.query}" if data.query else data.path
        head = f"{data.method} {target} HTTP/1.1\r\nHost: tracker\r\nContent-Length: "
        return head.encode() + str(len(data.body)).encode() + b"\r\n\r\n" + data.body
    return data if isinstance(data, bytes) else b""


def identities(protocol: DeviceProtocol) -> list[str]:
    """Some devices that the captures are of, so that what they say gets past the door."""
    found: dict[str, None] = {}
    context = CodecContext(protocol.transports[0], lenient=True)
    codec = protocol.codec(context)
    for record in records("decode", protocol.name):
        with suppress(ProtocolError, UnicodeError, ValueError):
            for message in codec.receive(input_of(record, protocol), RECEIVED_TIME_MS):
                if message.unique_id:
                    found[message.unique_id] = None
        if len(found) >= IDENTITIES_EACH:
            break
    return list(found)[:IDENTITIES_EACH]


def mutated(frame: bytes, chance: Random) -> bytes:
    """The frame with one to four wounds."""
    data = bytearray(frame or b"\x00")
    for _ in range(chance.randint(1, 4)):
        chance.choice(_WOUNDS)(data, chance)
    return bytes(data)


def _flip(data: bytearray, chance: Random) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _overwrite(data: bytearray, chance: Random) -> None:
    at = chance.randrange(len(data) + 1)
    extreme = chance.choice(_EXTREMES)
    data[at : at + len(extreme)] = extreme


def _insert(data: bytearray, chance: Random) -> None:
    at = chance.randrange(len(data) + 1)
    data[at:at] = chance.choice(_TEXTS)


def _cut(data: bytearray, chance: Random) -> None:
    del data[chance.randrange(len(data) + 1) :]


def _double(data: bytearray, chance: Random) -> None:
    at = chance.randrange(len(data) + 1)
    data[at:at] = data[max(0, at - chance.randint(1, 32)) : at]


def _number(data: bytearray, chance: Random) -> None:
    """Another number in place of one written in digits."""
    digits = [at for at, byte in enumerate(data) if 48 <= byte < 58]
    if not digits:
        return
    begin = end = chance.choice(digits)
    while begin and 48 <= data[begin - 1] < 58:
        begin -= 1
    while end < len(data) and 48 <= data[end] < 58:
        end += 1
    data[begin:end] = chance.choice(_NUMBERS)


_WOUNDS = (_flip, _overwrite, _insert, _cut, _double, _number, _flip)
