"""What is due for a command: answered, heard, repeated, given up, expired. Nothing here waits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from milepost.domain.command_run import (
    MAX_ATTEMPTS,
    REPEATABLE,
    SWITCHING,
    CommandRun,
    CommandState,
)
from milepost.domain.message import Message

DISPATCHER = "system:dispatcher"
MAX_REPLY_CHARS = 4000


class Heard(msgspec.Struct, frozen=True):
    """What came of the device since the command in flight was written.

    `alive`: anything came on the line that the command was written to. `answers` are messages of
    the kind `response`, whatever line they came on. `unique_id` is the device's.
    """

    unique_id: str
    alive: bool
    answers: Sequence[Message]


class Move(msgspec.Struct, frozen=True):
    """A change of state that is due, who brings it about, and what is said about it."""

    state: CommandState
    who: str
    reason: str | None = None
    reply: str | None = None


def due_in_flight(
    run: CommandRun,
    heard: Heard,
    now: datetime,
    answer_within: timedelta,
    *,
    superseded: bool,
) -> Move | None:
    """What is due for a command that was sent; superseded, it is not sent again."""
    who = f"device:{heard.unique_id}"
    for message in heard.answers:
        if message.reference is None or message.reference == run.number:
            return _answered(message, who)
    if run.sent_time is None or now - run.sent_time >= answer_within:
        silence = f"no answer within {answer_within.total_seconds():g} s"
        return _unanswered(run, now, silence, superseded=superseded)
    if run.state == "sent" and heard.alive:
        return Move("delivered", who)
    return None


def supersedes(newer: CommandRun, run: CommandRun) -> bool:
    """Whether the newer command takes back what a repetition of the other would bring about."""
    return newer.kind in SWITCHING and run.kind in SWITCHING


def due_pending(run: CommandRun, now: datetime) -> Move | None:
    """What is due for a command that waits to be sent."""
    if now < run.expires_at:
        return None
    reason = run.reason or "there was no way to the device"
    if run.attempts:
        reason = f"attempts without an answer: {run.attempts}"
    return Move("expired", DISPATCHER, reason)


def _answered(message: Message, who: str) -> Move:
    reply = None if message.text is None else _storable(message.text)
    if message.accepted is False:
        return Move("failed", who, "the device refused", reply)
    return Move("acknowledged", who, None, reply)


def _storable(text: str) -> str:
    """What a device says may hold anything; PostgreSQL takes no NUL and no half characters."""
    return text[:MAX_REPLY_CHARS].replace("\0", "").encode("utf-8", "replace").decode()


def _unanswered(run: CommandRun, now: datetime, silence: str, *, superseded: bool) -> Move:
    if run.kind in REPEATABLE and superseded:
        return Move("failed", DISPATCHER, f"{silence}; a newer command waits")
    if run.kind in REPEATABLE and run.attempts < MAX_ATTEMPTS and now < run.expires_at:
        return Move("pending", DISPATCHER, f"{silence}; it is sent again")
    return Move("failed", DISPATCHER, f"{silence}; whether it was carried out is not known")
