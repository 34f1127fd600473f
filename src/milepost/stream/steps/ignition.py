"""The newest known ignition, its changes, how long it was on or off, and whether it is believed.

A wire that never said "on" is not connected, and its "off" says nothing. One that says "off" while
the vehicle drives is connected to something else, if it hardly ever said "on" then, nor "off" for
long while the vehicle stood. One that did, but now says "off" while the vehicle drives for long, or
"on" while it stands for days, has come loose: that is told once, and it is not believed until it
says the other. What is not believed is unknown to the other steps, not off.
With the threshold `use_ignition` off its changes are still told, but no other step sees it.
"""

from datetime import UTC, datetime

import msgspec

from milepost.domain.position import Position
from milepost.domain.trip import Event, EventKind, Place
from milepost.stream.contract import Observation, Run, Step

# Nobody tows so long, and nobody lets an engine run for so long at rest.
DRIVEN_OFF_S = 1800.0
STOOD_ON_S = 86_400.0
# A leg this fast was driven if the places say so, too; without a reported speed a long one was.
DRIVING_KMH = 20.0
SHOWN_SHARE = 0.5
DRIVING_M = 100.0
# Driving so far with the wire off says that it is connected to something else, unless the vehicle
# drove further with it on. Longer ways are not counted; on for the longest is proof for ever.
TELLING_M = 200.0
MOST_ON_M = 50_000.0
MOST_OFF_M = 40_000.0
# Off for so long without driving: the driver had left.
PARKED_OFF_MS = 600_000


class Wire(msgspec.Struct, frozen=True, gc=False):
    """What is known of what it is connected to.

    `was_on`: it ever was on. `driven_on_m`, `driven_off_m`: how far the vehicle drove with it on
    and off, up to a limit. `has_parked_off`: the vehicle stood with it off for long.
    """

    was_on: bool = False
    driven_on_m: float = 0.0
    driven_off_m: float = 0.0
    has_parked_off: bool = False

    @property
    def is_ignition(self) -> bool:
        """Whether nothing speaks against its being the ignition."""
        off_m = self.driven_off_m
        is_refuted = off_m >= TELLING_M and off_m >= self.driven_on_m
        return self.was_on and (self.has_parked_off or not is_refuted)

    def turned_on(self) -> "Wire":
        """What is known once it was on."""
        if self.was_on:
            return self
        return msgspec.structs.replace(self, was_on=True)

    def driven(self, metres: float, *, is_on: bool) -> "Wire":
        """What is known after another leg that was driven."""
        on_m, off_m = self.driven_on_m, self.driven_off_m
        if on_m >= MOST_ON_M if is_on else off_m >= MOST_OFF_M:
            return self
        if is_on:
            on_m += metres
        else:
            off_m += metres
        return Wire(self.was_on, on_m, off_m, self.has_parked_off)

    def off_for(self, off_ms: int) -> "Wire":
        """What is known after it has been off for so long."""
        if self.has_parked_off or self.driven_off_m > 0.0 or off_ms < PARKED_OFF_MS:
            return self
        return msgspec.structs.replace(self, has_parked_off=True)


_NEVER_ON = Wire()


class Ignition(msgspec.Struct, frozen=True, gc=False):
    """The newest known value, and the seconds it was on since the last believed fix.

    `off_time_ms` is when it went off. `against_s` is for how long the vehicle has contradicted it,
    `is_doubted` whether that is too long.
    """

    value: bool | None = None
    report_time_ms: int = -1
    on_s: float = 0.0
    off_time_ms: int = -1
    wire: Wire = _NEVER_ON
    against_s: float = 0.0
    is_doubted: bool = False


def _advance(own: Ignition, run: Run) -> Ignition:
    value, report_time_ms, on_s = own.value, own.report_time_ms, own.on_s
    off_time_ms, wire = own.off_time_ms, own.wire
    against_s, is_doubted = own.against_s, own.is_doubted
    is_used, is_ignition = run.thresholds.use_ignition, wire.is_ignition
    for observation in run.observations:
        position = observation.position
        if value and not is_doubted:
            on_s += (position.fix_time_ms - report_time_ms) / 1000.0
        report_time_ms = position.fix_time_ms
        reported = position.ignition
        if reported is not None and reported is not value:
            if value is not None and run.counts:
                run.conclude(_changed(position, is_on=reported), report_time_ms)
            value, against_s, is_doubted = reported, 0.0, False
            off_time_ms = -1 if reported else report_time_ms
            wire = wire.turned_on() if reported else wire
            is_ignition = wire.is_ignition
        elif value is not None and wire.was_on and observation.duration_s > 0.0:
            if _drives(observation):
                wire = wire.driven(observation.distance_m, is_on=value)
                is_ignition = wire.is_ignition
                against_s = 0.0 if value else against_s + observation.duration_s
            elif value:
                against_s += observation.duration_s
            if against_s >= DRIVEN_OFF_S and not is_doubted:
                is_doubted = _doubts(position, against_s, run, is_on=value)
        if off_time_ms >= 0:
            wire = wire.off_for(report_time_ms - off_time_ms)
            is_ignition = wire.is_ignition
        if is_used and is_ignition and not is_doubted:
            observation.ignition = value
            if off_time_ms >= 0:
                observation.off_s = (report_time_ms - off_time_ms) / 1000.0
        if observation.located:
            observation.engine_on_s = on_s if is_used and is_ignition else 0.0
            on_s = 0.0
    return Ignition(value, report_time_ms, on_s, off_time_ms, wire, against_s, is_doubted)


def _drives(observation: Observation) -> bool:
    """Whether a leg was driven, whatever a receiver's scatter is."""
    speed_kmh, metres = observation.speed_kmh, observation.distance_m
    if speed_kmh < DRIVING_KMH:
        return False
    shown_kmh = metres / observation.duration_s * 3.6
    is_shown = observation.speed_reported and shown_kmh >= SHOWN_SHARE * speed_kmh
    return is_shown or metres >= DRIVING_M


def _doubts(position: Position, against_s: float, run: Run, *, is_on: bool) -> bool:
    """Whether the vehicle has contradicted it for too long; if so, that is told."""
    if is_on and against_s < STOOD_ON_S:
        return False
    if run.counts:
        run.conclude(_unreliable(position, is_on=is_on), position.fix_time_ms)
    return True


def _changed(position: Position, *, is_on: bool) -> Event:
    return _event("ignition_on" if is_on else "ignition_off", position, {})


def _unreliable(position: Position, *, is_on: bool) -> Event:
    reported = "on while it stands" if is_on else "off while it drives"
    return _event("ignition_unreliable", position, {"reported": reported})


def _event(
    kind: EventKind, position: Position, detail: dict[str, str | float | bool | None]
) -> Event:
    latitude, longitude = position.latitude_deg, position.longitude_deg
    return Event(
        kind=kind,
        fix_time=datetime.fromtimestamp(position.fix_time_ms / 1000.0, UTC),
        place=None if latitude is None or longitude is None else Place(latitude, longitude),
        detail=detail,
    )


STEP = Step(version=2, slice_type=Ignition, advance=_advance, after=("validate",))
