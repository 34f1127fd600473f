"""Invented names of streets and firms."""

from collections.abc import Iterator

import numpy as np

_FIRST = (
    "Heron",
    "Mill",
    "Chapel",
    "Harbour",
    "Birch",
    "Castle",
    "Orchard",
    "Weaver",
    "Station",
    "Meadow",
    "Falcon",
    "Tanner",
    "Beacon",
    "Willow",
    "Market",
    "Cooper",
    "Granary",
    "Juniper",
    "Sluice",
    "Lantern",
    "Quarry",
    "Maltings",
    "Pilgrim",
    "Saddler",
    "Copper",
    "Bramble",
    "Ferry",
    "Gannet",
    "Hazel",
    "Rope",
)
_STREETS = ("Street", "Lane", "Road", "Row", "Way", "Walk", "Rise")
_AVENUES = ("Avenue", "Boulevard", "Parade", "Causeway")
_FIRMS = ("Foods", "Timber", "Clinic", "Bakery", "School", "Tools", "Printers", "Hotel", "Stores")


def street_names(rng: np.random.Generator) -> Iterator[str]:
    """Names of side streets, each once."""
    return _pairs(_STREETS, rng)


def avenue_names(rng: np.random.Generator) -> Iterator[str]:
    """Names of arterials, each once."""
    return _pairs(_AVENUES, rng)


def firm_names(rng: np.random.Generator) -> Iterator[str]:
    """Names of customers; from the 271st on with a number."""
    names = list(_pairs(_FIRMS, rng))
    yield from names
    number = 2
    while True:
        yield from (f"{name} {number}" for name in names)
        number += 1


def _pairs(second: tuple[str, ...], rng: np.random.Generator) -> Iterator[str]:
    names = [f"{one} {other}" for one in _FIRST for other in second]
    return (names[index] for index in rng.permutation(len(names)))
