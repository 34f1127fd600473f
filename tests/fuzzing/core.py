"""What a message goes through behind its codec, without engines: gate, Arrow table, fold, state."""

from collections.abc import Sequence

import msgspec

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.errors import ProtocolError
from milepost.gateway.gate import Gate
from milepost.stores.positions_arrow import RowContext, build_table, read_positions
from milepost.stream.ordering import in_order
from milepost.stream.pipeline import decode_state, encode_state, initial_state, open_outputs
from tests.folding import advance
from tests.protocols.vectors import RECEIVED_TIME_MS

NIL = bytes(16)
DAY_MS = 86_400_000
HORIZON_MS = RECEIVED_TIME_MS + DAY_MS
THRESHOLDS = Thresholds()


class Core:
    """One device's way from the codec on. It must take whatever the gate lets through."""

    def __init__(self, protocol: str) -> None:
        self._gate = Gate(protocol)
        self._context = RowContext(NIL, NIL, NIL, NIL, protocol, RECEIVED_TIME_MS)
        self._state = initial_state()
        self.refused: list[str] = self._gate.refused

    def take(self, message: Message) -> Message | None:
        """The message as the gate lets it through, if it does.

        Raises:
            AssertionError: what is stored is not what came.
            Exception: whatever a stage cannot stand.
        """
        try:
            sound = self._gate.check(message)
        except ProtocolError:
            return None
        assert self._gate.check(sound) is sound
        msgspec.json.encode(sound.text)
        if sound.positions:
            self._store(sound.positions)
            self._fold(sound.positions)
        return sound

    def _store(self, positions: Sequence[Position]) -> None:
        table = build_table([self._context] * len(positions), positions)
        assert read_positions(table) == list(positions)

    def _fold(self, positions: Sequence[Position]) -> None:
        believed = [each for each in positions if each.fix_time_ms <= HORIZON_MS]
        ordered, _ = in_order(self._state.last_fix_time_ms, believed)
        self._state, outputs = advance(self._state, ordered, THRESHOLDS)
        assert decode_state(encode_state(self._state)) == self._state
        for output in (*outputs, *open_outputs(self._state)):
            assert b"null" not in _numbers(output)


def _numbers(output: object) -> bytes:
    """JSON has no infinity: msgspec writes null for it, and for what is unknown too."""
    known = {name: value for name, value in msgspec.structs.asdict(output).items() if value}
    return msgspec.json.encode([value for value in known.values() if isinstance(value, float)])
