"""What vehicles are doing now; one that has been silent for too long is offline."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from milepost.domain.scope import Scope
from milepost.domain.vehicle import MotionState
from milepost.domain.vehicle_state import VehicleState
from milepost.features.work import Clock
from milepost.stores.derived_arrow import LastState
from milepost.stores.fleet_queries import vehicles_in_state
from milepost.stores.telemetry import Telemetry

NewestState = Callable[[UUID], VehicleState | None]
"""What a vehicle is doing now, as live viewers see it; None if nobody knows."""


class LastStates:
    """Reads last states and marks the offline ones.

    States are written in turns, so what `newest` tells of a vehicle may be newer than its row.
    `offline_after_s` is the silence after which a vehicle counts as offline.
    """

    def __init__(
        self, telemetry: Telemetry, newest: NewestState, clock: Clock, offline_after_s: float
    ) -> None:
        self._telemetry = telemetry
        self._newest = newest
        self._clock = clock
        self._silence = timedelta(seconds=offline_after_s)

    async def of(self, scope: Scope, vehicle_ids: Sequence[UUID]) -> dict[UUID, LastState]:
        """Last states of the vehicles of a page; one that never reported is not among them."""
        if not vehicle_ids:
            return {}
        oldest_ms = self._oldest_ms()
        found = await self._telemetry.last_states(scope, vehicle_ids)
        return {
            last.state.vehicle_id: _aged(self._at_its_newest(last), oldest_ms) for last in found
        }

    async def in_state(self, scope: Scope, state: MotionState) -> tuple[str, bool]:
        """The vehicles that are in the state, or with False those that are not, as one text.

        Vehicles that never reported are offline; so the offline are told by who is not.
        """
        included = state != "offline"
        ids = await vehicles_in_state(
            self._telemetry, scope, state, self._oldest_ms(), included=included
        )
        return ids, included

    def _at_its_newest(self, last: LastState) -> LastState:
        newest = self._newest(last.state.vehicle_id)
        if newest is None or newest.fix_time_ms < last.state.fix_time_ms:
            return last
        return msgspec.structs.replace(last, state=newest)

    def _oldest_ms(self) -> int:
        """The last sign of life before this instant is too long ago."""
        now_ms = int(self._clock().timestamp() * 1000)
        return now_ms - int(self._silence.total_seconds() * 1000)


def _aged(last: LastState, oldest_ms: int) -> LastState:
    """The state as it is now: offline since the last sign of life, if that was too long ago."""
    state = last.state
    seen_ms = max(state.fix_time_ms, state.received_time_ms or 0)
    if seen_ms >= oldest_ms or state.state == "offline":
        return last
    offline = msgspec.structs.replace(state, state="offline", state_since_ms=seen_ms)
    return msgspec.structs.replace(last, state=offline)
