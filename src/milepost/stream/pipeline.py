"""The steps in their order, folded over a device's positions: the pure heart of processing."""

from collections.abc import Sequence
from graphlib import TopologicalSorter
from typing import Any

import msgspec

from milepost.domain.policy import OdometerSetting
from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Trip
from milepost.errors import InvalidInput, OutdatedState
from milepost.registry import discover
from milepost.stream import breaks, steps
from milepost.stream.contract import Concluded, Output, Run, Step
from milepost.stream.ordering import in_order, order_key
from milepost.stream.steps.last_state import LastState, MotionName
from milepost.stream.steps.odometer import Odometer

# Of the layout; a change of what a step keeps or concludes is that step's own version.
STATE_VERSION = 1


def _ordered() -> dict[str, Step[Any]]:
    found = discover(steps, "STEP", Step)
    order = TopologicalSorter({name: step.after for name, step in found.items()}).static_order()
    return {name: found[name] for name in order}


STEPS = _ordered()

_ADVANCES = tuple(step.advance for step in STEPS.values())
_LAST_STATE = tuple(STEPS).index("last_state")
_ODOMETER = tuple(STEPS).index("odometer")
_TRIPS = tuple(STEPS).index("trips")


class DeviceState(msgspec.Struct, frozen=True, gc=False):
    """All that the stream remembers of one device: each step's slice, in the order of `STEPS`."""

    slices: tuple[Any, ...]

    @property
    def _last(self) -> LastState:
        last: LastState = self.slices[_LAST_STATE]
        return last

    @property
    def last_fix_time_ms(self) -> int:
        """Fix time of the last report folded in, with or without a fix; -1 before the first."""
        return self._last.last_fix_time_ms

    @property
    def last_fix(self) -> Position | None:
        """The last report whose fix is believed."""
        return self._last.last_fix

    @property
    def latest(self) -> Position | None:
        """The last report, filled up with the newest known measurements and the last fix."""
        return self._last.latest

    @property
    def motion(self) -> MotionName:
        """Whether the vehicle moves, idles (stands, ignition on) or is stopped."""
        return self._last.motion

    @property
    def motion_since_ms(self) -> int:
        """Fix time since which `motion` is what it is."""
        return self._last.motion_since_ms

    @property
    def ignition(self) -> bool | None:
        """The newest known ignition."""
        latest = self._last.latest
        return None if latest is None else latest.ignition

    @property
    def odometer_m(self) -> float:
        """The vehicle's odometer: the device's reading if it has one, else distance counted."""
        odometer: Odometer = self.slices[_ODOMETER]
        return odometer.odometer_m


def initial_state() -> DeviceState:
    """The state of a device that was never heard of."""
    return DeviceState(tuple(step.slice_type() for step in STEPS.values()))


def advance(
    state: DeviceState,
    positions: Sequence[Position],
    thresholds: Thresholds,
    *,
    counts: bool = True,
    odometers: Sequence[OdometerSetting] = (),
) -> tuple[DeviceState, list[Concluded]]:
    """Fold positions in: the new state, and what was concluded at which fix.

    The positions are in the order of `order_key`, without duplicates, and all later than
    `state.last_fix_time_ms` (`in_order` sees to that). How they are cut into calls changes neither
    the state nor the outputs, except that outputs of different steps may interleave differently.
    Without `counts` they are those of a device beside the vehicle's primary one: they change its
    state, and give no trips, stops and totals. `odometers` are all settings of the odometer.
    """
    if not positions:
        return state, []
    run = Run(positions, thresholds, [], [], [], counts, odometers)
    slices = [
        step_advance(own, run) for step_advance, own in zip(_ADVANCES, state.slices, strict=True)
    ]
    return DeviceState(tuple(slices)), run.concluded


def open_outputs(state: DeviceState) -> list[Output]:
    """What goes on: the open trip or stop (without an end), and the totals of open buckets."""
    outputs: list[Output] = []
    for step, own in zip(STEPS.values(), state.slices, strict=True):
        if step.open_outputs is not None:
            outputs += step.open_outputs(own)
    return outputs


def end_unheard(state: DeviceState, now_ms: int, thresholds: Thresholds) -> Trip | None:
    """The open trip, ended where the device was heard of last; None if that is not long ago."""
    unheard_s = (now_ms - state.last_fix_time_ms) / 1000.0
    return breaks.end_unheard(state.slices[_TRIPS], unheard_s, thresholds)


class _Encoded(msgspec.Struct, frozen=True):
    """`version` is that of this layout; `versions` has those of the steps that are not 1."""

    version: int
    slices: dict[str, msgspec.Raw]
    versions: dict[str, int] = {}


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Encoded)
_SLICE_DECODERS = {name: msgspec.msgpack.Decoder(step.slice_type) for name, step in STEPS.items()}
_VERSIONS = {name: step.version for name, step in STEPS.items() if step.version != 1}


def encode_state(state: DeviceState) -> bytes:
    """The state as bytes; `decode_state` gives back an equal one."""
    slices = {
        name: msgspec.Raw(_ENCODER.encode(own))
        for name, own in zip(STEPS, state.slices, strict=True)
    }
    return _ENCODER.encode(_Encoded(STATE_VERSION, slices, _VERSIONS))


def decode_state(data: bytes) -> DeviceState:
    """The state that was encoded.

    Raises:
        OutdatedState: a step has another version now, or is new.
        InvalidInput: another layout was written, or the bytes are damaged.
    """
    try:
        encoded = _DECODER.decode(data)
        if encoded.version != STATE_VERSION:
            raise InvalidInput("device state version", encoded.version, str(STATE_VERSION))
        outdated = [
            name
            for name, step in STEPS.items()
            if name not in encoded.slices or encoded.versions.get(name, 1) != step.version
        ]
        if outdated:
            raise OutdatedState(outdated)
        slices = tuple(_SLICE_DECODERS[name].decode(encoded.slices[name]) for name in STEPS)
    except msgspec.DecodeError as error:
        raise InvalidInput("device state", f"{len(data)} bytes", str(error)) from error
    return DeviceState(slices)


__all__ = [
    "STEPS",
    "DeviceState",
    "advance",
    "decode_state",
    "encode_state",
    "in_order",
    "initial_state",
    "open_outputs",
    "order_key",
]
