"""What becomes of a command by its age, its attempts and what its device said."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from milepost.domain.command import CustomText, PositionNow
from milepost.domain.command_run import MAX_ATTEMPTS, CommandRun
from milepost.domain.message import Message
from milepost.workers.command_moves import (
    MAX_REPLY_CHARS,
    Heard,
    Move,
    due_in_flight,
    due_pending,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WITHIN = timedelta(seconds=60)
SILENCE = Heard("me", alive=False, answers=())
SENT = CommandRun(
    id=UUID(int=1),
    tenant_id=UUID(int=2),
    device_id=UUID(int=3),
    vehicle_id=None,
    number=7,
    kind="position_now",
    command=PositionNow(),
    state="sent",
    attempts=1,
    who="user:x",
    initiator_user_id=None,
    reply=None,
    reason=None,
    created_at=NOW,
    updated_at=NOW,
    expires_at=NOW + timedelta(hours=1),
    sent_time=NOW,
)


def due(
    run: CommandRun = SENT,
    heard: Heard = SILENCE,
    after_s: float = 0,
    *,
    superseded: bool = False,
) -> Move | None:
    now = NOW + timedelta(seconds=after_s)
    return due_in_flight(run, heard, now, WITHIN, superseded=superseded)


def changed(**changes: Any) -> CommandRun:
    return msgspec.structs.replace(SENT, **changes)


def answer(text: str | None = "ok", **more: Any) -> Heard:
    return Heard("me", alive=True, answers=(Message("response", text=text, **more),))


def state_of(move: Move | None) -> str | None:
    return None if move is None else move.state


def test_nothing_is_due_while_the_device_has_time() -> None:
    assert due(after_s=59) is None


def test_a_sign_of_life_is_a_delivery_once() -> None:
    alive = Heard("me", alive=True, answers=())
    assert state_of(due(heard=alive)) == "delivered"
    assert due(changed(state="delivered"), alive) is None


@pytest.mark.parametrize("state", ["sent", "delivered"])
@pytest.mark.parametrize(
    ("reference", "accepted", "expected"),
    [
        (None, None, "acknowledged"),
        (7, None, "acknowledged"),
        (7, True, "acknowledged"),
        (7, False, "failed"),
        (None, False, "failed"),
    ],
)
def test_the_devices_answer_ends_it(
    state: str, reference: int | None, accepted: bool | None, expected: str
) -> None:
    move = due(changed(state=state), answer(reference=reference, accepted=accepted))
    assert move is not None
    assert (move.state, move.who, move.reply) == (expected, "device:me", "ok")


def test_an_answer_in_time_counts_before_the_clock() -> None:
    assert state_of(due(heard=answer(), after_s=600)) == "acknowledged"


def test_an_answer_to_another_command_is_passed_over() -> None:
    assert state_of(due(heard=answer(reference=6))) == "delivered"


def test_a_reply_can_be_stored_whatever_it_holds() -> None:
    move = due(heard=answer("a\0b\ud800" + "x" * 10_000))
    assert move is not None
    assert move.reply is not None
    assert move.reply.startswith("ab?x")
    assert len(move.reply) <= MAX_REPLY_CHARS


def test_silence_repeats_what_may_be_repeated_until_the_limit() -> None:
    assert state_of(due(after_s=60)) == "pending"
    assert state_of(due(changed(attempts=MAX_ATTEMPTS), after_s=60)) == "failed"
    assert state_of(due(changed(expires_at=NOW), after_s=60)) == "failed"
    assert state_of(due(after_s=60, superseded=True)) == "failed"
    once = changed(kind="custom_text", command=CustomText("x"))
    assert state_of(due(once, after_s=60)) == "failed"


def test_what_waited_too_long_expires_and_says_why() -> None:
    waiting = changed(state="pending", attempts=0, sent_time=None)
    assert due_pending(waiting, waiting.expires_at - timedelta(seconds=1)) is None
    move = due_pending(waiting, waiting.expires_at)
    assert move is not None
    assert (move.state, move.reason) == ("expired", "there was no way to the device")
    held = due_pending(msgspec.structs.replace(waiting, reason="held"), waiting.expires_at)
    assert held is not None
    assert held.reason == "held"
