"""What is in recordings of a vehicle bus: identifiers with names and rates, transfers, damage."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TextIO

import msgspec

from milepost.vehiclebus import j1939
from milepost.vehiclebus.bus import OBD_ANSWER_IDS, Transfer
from milepost.vehiclebus.dbc import SignalFile
from milepost.vehiclebus.frame import Frame

# A recording of noise may hold any identifier; the rest is counted together.
MOST_IDS = 10_000
_MOST_NOTES = 100


@dataclass
class _Count:
    frames: int
    first_s: float
    last_s: float

    @property
    def rate_hz(self) -> float | None:
        """Frames a second, from the first to the last."""
        span_s = self.last_s - self.first_s
        return (self.frames - 1) / span_s if span_s > 0 else None


@dataclass
class _Damage:
    lines: int = 0
    first: str = ""


class Summary:
    """Counts over any number of recordings."""

    def __init__(self, signal_file: SignalFile | None) -> None:
        self._signal_file = signal_file
        self._ids: dict[tuple[str, int, bool], _Count] = {}
        self._other_frames = 0
        self._transfers: Counter[tuple[str, str, str, str, int]] = Counter()
        self._refused: Counter[str] = Counter()
        self._damage: dict[str, _Damage] = {}

    @property
    def damage(self) -> Iterator[str]:
        """A sentence for every recording with lines that are not as they should be."""
        for name, damage in self._damage.items():
            if damage.lines:
                yield f"{name}: {damage.lines} damaged lines or rows, the first: {damage.first}"

    def damaged(self, name: str) -> Callable[[int, str], None]:
        """What a reader tells of damage in the recording of this name."""
        damage = self._damage.setdefault(name, _Damage())

        def note(number: int, reason: str) -> None:
            damage.lines += 1
            damage.first = damage.first or f"{number}: {reason}"

        return note

    def add_frame(self, frame: Frame) -> None:
        """Count a frame."""
        key = (frame.bus, frame.can_id, frame.is_extended)
        count = self._ids.get(key)
        if count is not None:
            count.frames += 1
            count.last_s = frame.time_s
        elif len(self._ids) < MOST_IDS:
            self._ids[key] = _Count(1, frame.time_s, frame.time_s)
        else:
            self._other_frames += 1

    def add_transfer(self, transfer: Transfer) -> None:
        """Count a message that came in several frames."""
        size = len(transfer.data)
        key = (transfer.bus, transfer.source, transfer.label, transfer.transport, size)
        self._transfers[key] += 1

    def add_refused(self, refused: Mapping[str, int]) -> None:
        """Count what contradicted a standard."""
        self._refused.update(dict(Counter(refused).most_common(_MOST_NOTES)))

    def write(self, file: TextIO, *, as_json: bool) -> None:
        """Print everything."""
        if as_json:
            print(msgspec.json.encode(self._content()).decode(), file=file)
            return
        for line in self._lines():
            print(line, file=file)

    def _content(self) -> Mapping[str, object]:
        ids = [
            {"bus": bus, "id": text, "name": name, "frames": count.frames, "rateHz": count.rate_hz}
            for bus, text, name, count in self._named()
        ]
        transfers = [
            {"bus": bus, "source": source, "name": label, "transport": transport, "bytes": size,
             "count": count}
            for (bus, source, label, transport, size), count in sorted(self._transfers.items())
        ]  # fmt: skip
        return {
            "ids": ids,
            "otherFrames": self._other_frames,
            "transfers": transfers,
            "refused": dict(self._refused.most_common()),
            "damage": list(self.damage),
        }

    def _lines(self) -> Iterator[str]:
        yield f"{'bus':6}{'id':10}{'name':28}{'frames':>9}{'per second':>12}"
        for bus, text, name, count in self._named():
            rate = "-" if count.rate_hz is None else f"{count.rate_hz:.2f}"
            yield f"{bus:6}{text:10}{name:28}{count.frames:>9}{rate:>12}"
        if self._other_frames:
            yield f"{'other identifiers':44}{self._other_frames:>9}"
        if self._transfers:
            yield f"\n{'bus':6}{'source':14}{'message':12}{'transport':10}{'bytes':>6}{'count':>9}"
        for (bus, source, label, transport, size), times in sorted(self._transfers.items()):
            yield f"{bus:6}{source:14}{label:12}{transport:10}{size:>6}{times:>9}"
        if self._refused:
            yield f"\n{'refused':60}{'count':>9}"
        for reason, times in self._refused.most_common():
            yield f"{reason:60}{times:>9}"

    def _named(self) -> Iterator[tuple[str, str, str, _Count]]:
        by_frames = sorted(self._ids.items(), key=lambda item: (-item[1].frames, item[0]))
        for (bus, can_id, is_extended), count in by_frames:
            text = f"{can_id:0{8 if is_extended else 3}X}"
            yield bus, text, self._name_of(can_id, is_extended=is_extended), count

    def _name_of(self, can_id: int, *, is_extended: bool) -> str:
        if self._signal_file is not None:
            name = self._signal_file.name_of(can_id, is_extended=is_extended)
            if name is not None:
                return name
        if is_extended:
            identifier = j1939.parse_id(can_id)
            return f"{j1939.label_of(identifier.pgn)} from {identifier.source:02X}"
        return "diagnostic answer" if can_id in OBD_ANSWER_IDS else "-"
