"""Captured frames of every protocol, damaged: what the gate lets through, everything behind takes.

The damages are the same in every run. `make fuzz` goes on where this ends.
"""

from collections.abc import Sequence
from functools import cache
from random import Random

import msgspec
import pytest

from milepost import protocols
from milepost.domain.message import Message
from milepost.domain.scope import Scope
from milepost.protocols.contract import DeviceProtocol
from milepost.registry import discover
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from tests.fuzzing.engines import flush
from tests.fuzzing.mutations import mutated
from tests.fuzzing.safety import check_input
from tests.fuzzing.seeds import seeds_of
from tests.workers.rig import make_rig

PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)
INPUTS = 80
# Wrong checksums pass: nearly every damaged frame has one.
LENIENT = 0x80
MOST_POSITIONS = 40


@cache
def let_through(name: str) -> Sequence[Message]:
    """What comes of a protocol's damaged frames; the judge has looked at all of it."""
    random = Random(name)
    seeds = list(seeds_of(PROTOCOLS[name]))
    messages = []
    for _ in range(INPUTS):
        mode = LENIENT | random.randrange(LENIENT)
        damaged = mutated(random.choice(seeds)[1:], random)
        messages += check_input(PROTOCOLS[name], bytes((mode,)) + damaged)
    return messages


@pytest.mark.parametrize("name", PROTOCOLS)
def test_what_the_gate_lets_through_is_sound_for_table_and_fold(name: str) -> None:
    assert let_through(name)


async def test_what_the_gate_lets_through_is_looked_up_stored_and_written(
    database: Database, telemetry: Telemetry, scope: Scope
) -> None:
    messages = [message for name in PROTOCOLS for message in fewer(let_through(name))]
    await flush(await make_rig(database, telemetry, scope), messages)


def fewer(messages: Sequence[Message]) -> list[Message]:
    """All identities, and the positions of a protocol that say most."""
    named = [msgspec.structs.replace(message, positions=()) for message in messages]
    positions = [position for message in messages for position in message.positions]
    positions.sort(key=lambda position: -len(msgspec.json.encode(position)))
    return [*named, Message("positions", positions=tuple(positions[:MOST_POSITIONS]))]
