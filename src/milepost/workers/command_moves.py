"""What is due for a command: answered, heard, repeated, given up, expired. Nothing here waits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from milepost.domain.command_run import (
    MAX_ATTEMPTS,
    REPEATABLE,
    CommandRun,
    CommandState,
)
from milepost.domain.message import Message

DISPATCHER = "system:dispatcher"
MAX_REPLY_CHARS = 4000


class Heard(msgspec.Struct, frozen=True):
    """What came of the device since the command in flight was written.

    `alive`: anything came on the line that the command was written to. `answers` are messages of
    the kind `response`, whatever line they came on.
    """

    alive: bool
    answers: Sequence[Message]


class Move(msgspec.Struct, frozen=True):
    """A change of state that is due, who brings it about, and what is said about it."""

    state: CommandState
    who: str
    reason: str | None = None
    reply: str | None = None


def due_in_flight(
    run: CommandRun, heard: Heard, now: datetime, answer_within: timedelta, unique_id: str
) -> Move | None:
    """What is due for a command that was sent."""
    for message in heard.answers:
        if message.reference is None or message.reference == run.number:
            return _answered(message, f"device:{unique_id}")
    if run.sent_time is None or now - run.sent_time >= answer_within:
        return _unanswered(run, now, answer_within)
    if run.state == "sent" and heard.alive:
        return Move("delivered", f"device:{unique_id}")
    return None


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


def _unanswered(run: CommandRun, now: datetime, answer_within: timedelta) -> Move:
    silence = f"no answer within {answer_within.total_seconds():g} s"
    again = run.kind in REPEATABLE and run.attempts < MAX_ATTEMPTS and now < run.expires_at
    if again:
        return Move("pending", DISPATCHER, f"{silence}; it is sent again")
    return Move("failed", DISPATCHER, f"{silence}; whether it was carried out is not known")
