"""Which protocol unknown bytes are of, and why: every codec tries, the evidence is weighed."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, DeviceProtocol, Transport

_FIRST_TRACKERS_MS = 946_684_800_000
_DAY_MS = 86_400_000
_IMEI_DIGITS = 15
_MOST_BYTES = 65_536

# Points of evidence. A right checksum of 16 bits is chance once in 65,536 frames.
_FRAMES, _CHECKSUM, _IDENTITY, _IMEI, _PLACE, _EXPLAINED = 10, 40, 5, 15, 20, 10
_STATUS = 5
_LENIENT_SHARE = 0.4
_UNTOLD_SHARE = 0.6
_HIGHEST = _FRAMES + _CHECKSUM + _IDENTITY + _IMEI + _PLACE + _EXPLAINED

# Answers to commands are often any text whatever, and what has no kind can be anything.
_TELLING = frozenset({"login", "heartbeat", "positions"})


class Guess(msgspec.Struct, frozen=True):
    """One protocol's claim to the bytes; `confidence` from 0 to 1, `reasons` for people."""

    protocol: str
    title: str
    transport: Transport
    confidence: float
    reasons: tuple[str, ...]
    messages: tuple[Message, ...] = ()


class _Trial(msgspec.Struct, frozen=True):
    """What one codec made of the bytes."""

    messages: list[Message]
    errors: list[str]
    lenient: bool


def guesses(
    protocols: Mapping[str, DeviceProtocol],
    chunks: Sequence[bytes],
    received_time_ms: int,
    transports: Sequence[Transport] = ("tcp", "udp"),
) -> list[Guess]:
    """The protocols that can read the bytes, the likeliest first.

    `chunks` are reads of one stream, or datagrams, in order; 64 KiB of them are looked at.
    """
    chunks = list(_first_bytes(chunks))
    found = [
        guess
        for protocol in protocols.values()
        for transport in protocol.transports
        if transport in transports
        if (guess := _guess(protocol, transport, chunks, received_time_ms)) is not None
    ]
    found.sort(key=lambda guess: (guess.confidence, guess.protocol))
    best = {guess.protocol: guess for guess in found}
    return sorted(best.values(), key=lambda guess: (-guess.confidence, guess.protocol))


def _first_bytes(chunks: Iterable[bytes]) -> Iterable[bytes]:
    left = _MOST_BYTES
    for chunk in chunks:
        if left <= 0:
            return
        yield chunk[:left]
        left -= len(chunk)


def _guess(
    protocol: DeviceProtocol, transport: Transport, chunks: Sequence[bytes], received_time_ms: int
) -> Guess | None:
    strict = _tried(protocol, transport, chunks, received_time_ms, lenient=False)
    trial = strict
    if not strict.messages:
        trial = _tried(protocol, transport, chunks, received_time_ms, lenient=True)
    if not trial.messages:
        return None
    points, reasons = _weigh(protocol, trial, received_time_ms)
    confidence = round(min(1.0, points / _HIGHEST), 2)
    messages = tuple(trial.messages)
    return Guess(protocol.name, protocol.title, transport, confidence, tuple(reasons), messages)


def _tried(
    protocol: DeviceProtocol,
    transport: Transport,
    chunks: Sequence[bytes],
    received_time_ms: int,
    *,
    lenient: bool,
) -> _Trial:
    codec = protocol.codec(CodecContext(transport, lenient=lenient))
    trial = _Trial([], [], lenient)
    for chunk in (*chunks, b"") if transport == "tcp" else chunks:
        try:
            trial.messages.extend(codec.receive(chunk, received_time_ms))
        except ProtocolError as error:
            trial.errors.append(str(error))
            if not protocol.resynchronizes:
                break
    return trial


def _weigh(
    protocol: DeviceProtocol, trial: _Trial, received_time_ms: int
) -> tuple[float, list[str]]:
    positions = [position for message in trial.messages for position in message.positions]
    parts = (
        _frames(protocol, trial),
        _identity(trial.messages),
        _places(positions, received_time_ms),
        _explained(trial.messages, positions),
    )
    reasons = [reason for _, reason in parts if reason]
    points = sum(points for points, _ in parts)
    if trial.errors:
        bad, good = len(trial.errors), len(trial.messages)
        points *= good / (good + bad)
        reasons.append(f"{bad} unreadable: {trial.errors[0]}")
    return points, reasons


def _frames(protocol: DeviceProtocol, trial: _Trial) -> tuple[float, str]:
    count = len(trial.messages)
    frames = f"{count} frame{'s' if count > 1 else ''}"
    if trial.lenient:
        reason = f"{frames}, but the checksum ({protocol.checksum}) is wrong"
        return (_FRAMES + _CHECKSUM) * _LENIENT_SHARE, reason
    telling = sum(message.kind in _TELLING for message in trial.messages) / count
    if protocol.checksum.startswith("none"):
        points = _FRAMES + _CHECKSUM * _LENIENT_SHARE * telling
        return points, f"{frames}; the protocol has no checksum"
    points = _FRAMES + _CHECKSUM * (_UNTOLD_SHARE + (1 - _UNTOLD_SHARE) * telling)
    return points, f"{frames} with the right checksum ({protocol.checksum})"


def _identity(messages: Sequence[Message]) -> tuple[float, str]:
    identity = next((m.unique_id for m in messages if m.unique_id), None)
    if identity is None:
        return 0, ""
    if is_imei(identity):
        return _IDENTITY + _IMEI, f"identity {identity}, a valid IMEI"
    return _IDENTITY, f"identity {identity}"


def is_imei(text: str) -> bool:
    """Whether the text is 15 digits whose last is the check digit (3GPP TS 23.003, Luhn)."""
    if len(text) != _IMEI_DIGITS or not (text.isascii() and text.isdigit()):
        return False
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(text)]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def _places(positions: Sequence[Position], received_time_ms: int) -> tuple[float, str]:
    placed = [position for position in positions if position.has_fix]
    if not placed:
        return (_STATUS if positions else 0), ""
    latest_ms = received_time_ms + _DAY_MS
    timely = [p for p in placed if _FIRST_TRACKERS_MS <= p.fix_time_ms <= latest_ms]
    share = len(timely) / len(placed)
    place = placed[0]
    example = f"{place.latitude_deg:.5f}, {place.longitude_deg:.5f}"
    return _PLACE * share, f"{len(timely)} of {len(placed)} fixes have a likely time, as {example}"


def _explained(messages: Sequence[Message], positions: Sequence[Position]) -> tuple[float, str]:
    names = [name for message in messages for name in message.attributes]
    names += [name for position in positions for name in position.attributes]
    raw = [name for name in names if ":" in name or name == "rest"]
    if not raw:
        return _EXPLAINED, ""
    share = 1 - len(raw) / len(names)
    return _EXPLAINED * share, f"{len(raw)} of {len(names)} elements have no known meaning"
