"""Puts messages together that came in parts.

Source: JT/T 808-2019, 4.4.3: the header of a part has the number of parts and its own, and the
serial numbers of the parts follow each other.
"""

from collections.abc import Sequence

import msgspec

from milepost.protocols.jt808.frames import Frame

STORE_BYTES = 262_144
"""What the parts of one connection may take together; the oldest message is dropped beyond it."""

_MOST_PARTS = 4096


class Fragments:
    """The unfinished messages of a connection."""

    def __init__(self) -> None:
        self._unfinished: dict[tuple[int, int, int], dict[int, Frame]] = {}
        self._held_bytes = 0

    def add(self, frame: Frame) -> Sequence[Frame]:
        """All parts in their order once they are there; else nothing."""
        total, number = frame.part or (1, 1)
        if not 1 <= number <= total <= _MOST_PARTS:
            return ()
        first_serial = (frame.serial - number + 1) & 0xFFFF
        key = (frame.message_type, total, first_serial)
        parts = self._unfinished.setdefault(key, {})
        if number not in parts:
            self._held_bytes += len(frame.body)
        parts[number] = frame
        if len(parts) == total:
            self._drop(key)
            return [parts[each] for each in range(1, total + 1)]
        self._keep_within_limit()
        return ()

    def _drop(self, key: tuple[int, int, int]) -> None:
        parts = self._unfinished.pop(key)
        self._held_bytes -= sum(len(frame.body) for frame in parts.values())

    def _keep_within_limit(self) -> None:
        while self._held_bytes > STORE_BYTES:
            self._drop(next(iter(self._unfinished)))


def joined(parts: Sequence[Frame]) -> Frame:
    """One frame of all parts, with the header of the last."""
    body = b"".join(part.body for part in parts)
    whole = all(part.whole for part in parts)
    return msgspec.structs.replace(parts[-1], body=body, part=None, whole=whole)
