"""Where randomness comes from: one generator a purpose, each made from the world's seed."""

import numpy as np

ROADS, TRUTH, DEVICE = range(3)


def generator(seed: int, *path: int) -> np.random.Generator:
    """The generator of one purpose: `generator(seed, TRUTH, vehicle_number)`.

    The same arguments give the same numbers whatever else is drawn, so one vehicle can be made
    alone, and another device does not change what its vehicle did.
    """
    return np.random.Generator(np.random.PCG64([seed, *path]))
