"""Samples of what the gate let through while the fuzzer ran, kept for the engines.

The fuzzer counts the seconds of each input, and a flush to real engines takes some: so they get
their share afterwards, in a process of their own (`tests.fuzzing.flushing`).
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from milepost.domain.message import Message

EVERY_INPUTS = 20
BATCH_MESSAGES = 100


class Batches:
    """The messages of one input out of `EVERY_INPUTS`, in files of about `BATCH_MESSAGES`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        self._inputs = 0
        self._files = 0
        self._kept: list[Message] = []

    def add(self, messages: Sequence[Message]) -> None:
        """What came of one input."""
        self._inputs += 1
        if self._inputs % EVERY_INPUTS:
            return
        self._kept += messages
        if len(self._kept) >= BATCH_MESSAGES:
            self._files += 1
            path = self._folder / f"{self._files:05d}"
            path.write_bytes(msgspec.msgpack.encode(self._kept))
            self._kept = []


def read_batch(path: Path) -> list[Message]:
    """The messages of a file."""
    return msgspec.msgpack.decode(path.read_bytes(), type=list[Message])
