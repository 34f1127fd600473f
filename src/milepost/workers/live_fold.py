"""Folds what has just become durable, and shows it."""

from collections.abc import Sequence
from operator import attrgetter

from milepost.domain.position import Position
from milepost.live.hub import Hub
from milepost.stream.contract import Output
from milepost.stream.fold import Fold
from milepost.stream.ordering import in_order
from milepost.workers.live_updates import event_messages, tell_state
from milepost.workers.packet import Packet
from milepost.workers.unit import Stale, Unit
from milepost.workers.units import Units

_FIX_TIME = attrgetter("fix_time_ms")


class LiveEvents:
    """Shows conclusions to whoever may see them."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def tell(self, unit: Unit, outputs: Sequence[Output]) -> None:
        """Tell viewers of the unit's vehicle of what was concluded."""
        for message in event_messages(unit.installation, outputs):
            self._hub.event(*message)


class LiveFold:
    """Advances units over durable positions; late ones are handed on to be folded in their place.

    What no fold takes is stored all the same: its unit goes to quarantine.
    """

    def __init__(self, units: Units, hub: Hub) -> None:
        self._units = units
        self._hub = hub
        self._events = LiveEvents(hub)

    def fold(self, packets: Sequence[Packet]) -> None:
        """Fold packets in this order; each has its own unit, or none."""
        for packet in packets:
            unit = packet.unit
            if unit is not None and packet.positions:
                try:
                    self._fold_packet(unit, packet)
                except Exception as error:  # noqa: BLE001 - the unit goes to quarantine with it
                    self._units.set_aside(unit, error)

    def _fold_packet(self, unit: Unit, packet: Packet) -> None:
        received_ms = packet.context.received_time_ms
        least_ms = min(map(_FIX_TIME, packet.positions))
        if unit.evicted:
            # It was edited or moved while the log was written.
            tenant_id = unit.installation.device.tenant_id
            stale = Stale(least_ms, received_ms)
            self._units.fold_into(unit.installation.key, tenant_id, stale)
            return
        unit.received_ms = received_ms
        self._units.note_unwritten(unit, least_ms, received_ms)
        self._fold(unit, packet.positions, received_ms)

    def _fold(self, unit: Unit, positions: Sequence[Position], received_ms: int) -> None:
        last_ms = unit.state.last_fix_time_ms
        if not _follows(last_ms, positions):
            positions, late = in_order(last_ms, positions)
            self._note_late(unit, late, received_ms)
        if unit.tail is not None:
            unit.tail.extend(positions)
        if positions:
            self._advance(unit, positions, received_ms)
            self._units.mark_dirty(unit)

    def _note_late(self, unit: Unit, late: list[Position], received_ms: int) -> None:
        news = [position for position in late if position not in unit.recent]
        if news:
            unit.mark_stale(min(p.fix_time_ms for p in news), received_ms)
            self._units.request_refold(unit)

    def _advance(self, unit: Unit, positions: Sequence[Position], received_ms: int) -> None:
        fold = Fold(unit.state, unit.installation.policy)
        fold.run(positions)
        unit.state = fold.state
        if fold.anchors:
            unit.pending.anchors |= fold.anchors
        if fold.concluded:
            unit.conclude(fold.concluded, late=False)
            self._events.tell(unit, [each.output for each in fold.concluded])
        unit.recent.extend(positions)
        tell_state(self._hub, unit.installation, unit.state, received_ms)


def _follows(last_ms: int, positions: Sequence[Position]) -> bool:
    """Whether the positions are in order already, as nearly all packets are."""
    for position in positions:
        if position.fix_time_ms <= last_ms:
            return False
        last_ms = position.fix_time_ms
    return True
