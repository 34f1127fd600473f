"""What can be wrong with a device, by name; and what is wrong with this one."""

from collections.abc import Callable, Mapping

import msgspec
import numpy as np

from milepost.simulator.world import fault_clock as clock
from milepost.simulator.world import fault_delivery as delivery
from milepost.simulator.world import fault_fixes as fixes
from milepost.simulator.world import fault_power as power
from milepost.simulator.world import fault_sensors as sensors
from milepost.simulator.world.reports import Reports
from milepost.simulator.world.samples import Samples

Distortion = Callable[[Reports, Samples, np.random.Generator], Reports]
CLEAN = "clean"
MOST_FAULTS = 3


class DeviceFault(msgspec.Struct, frozen=True):
    """One kind of fault.

    Attributes:
        group: of the faults of a group a device is given one at most.
        distort: makes faulty reports of the reports before; its docstring says what is wrong.
    """

    group: str
    distort: Distortion

    @property
    def meaning(self) -> str:
        """What is wrong, in a sentence."""
        return (self.distort.__doc__ or "").partition("\n")[0]


# In the order in which they act: first what was measured, then when, then how it arrives.
FAULTS: Mapping[str, DeviceFault] = {
    "receiver_noise": DeviceFault("noise", fixes.noisy),
    "drift_at_rest": DeviceFault("drift", fixes.drifting),
    "multipath": DeviceFault("jumps", fixes.jumping),
    "cell_fixes": DeviceFault("cells", fixes.cell_fixed),
    "stale_in_tunnel": DeviceFault("tunnel", fixes.stale_in_tunnel),
    "speed_missing": DeviceFault("speed", sensors.speedless),
    "speed_stuck": DeviceFault("speed", sensors.stuck_speed),
    "speed_noisy_at_rest": DeviceFault("speed", sensors.restless_speed),
    "ignition_not_wired": DeviceFault("ignition", sensors.ignition_unwired),
    "ignition_never_on": DeviceFault("ignition", sensors.ignition_never_on),
    "ignition_inverted": DeviceFault("ignition", sensors.ignition_inverted),
    "ignition_flickers": DeviceFault("ignition", sensors.ignition_flickers),
    "sleep": DeviceFault("power", power.sleepy),
    "reset": DeviceFault("power", power.resetting),
    "clock_ahead": DeviceFault("clock", clock.sometimes_ahead),
    "clock_unset": DeviceFault("clock", clock.unset_at_start),
    "clock_rollover": DeviceFault("clock", clock.rolled_over),
    "buffering": DeviceFault("outages", delivery.buffering),
    "late": DeviceFault("late", delivery.late),
    "doubled": DeviceFault("doubled", delivery.doubling),
}


def drawn_faults(clean_share: float, rng: np.random.Generator) -> tuple[str, ...]:
    """None for a clean device, else one to three, in the order in which they act."""
    if rng.random() < clean_share:
        return ()
    wanted = int(rng.integers(1, MOST_FAULTS + 1))
    names = list(FAULTS)
    chosen: dict[str, str] = {}
    for index in rng.permutation(len(names)).tolist():
        if len(chosen) < wanted:
            chosen.setdefault(FAULTS[names[index]].group, names[index])
    return tuple(name for name in names if name in chosen.values())
