"""Queclink's families of devices, by the device type that begins the protocol version.

Source: Queclink @Track Air Interface Protocol of each model, "Protocol Version"; captured frames.
"""

from collections.abc import Mapping
from typing import Literal

Family = Literal["vehicle", "gv200", "short", "gl300", "gl500", "gl", "last", "timed"]
"""How the fields after a fix are laid out.

`vehicle`: append mask, mileage, hour meter, analogue inputs, battery, state word.
`gv200`: append mask, mileage, hour meter, three analogue inputs, inputs, outputs.
`short`: as `vehicle` with two analogue inputs and a state of two digits.
`gl300`: mileage and battery. `gl500`: signal, its error rate, mileage, battery.
`gl`: a reserved field, battery. `last`: the battery is the last field.
`timed`: the interval in seconds, battery.
"""

_FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("02", "1A", "28", "2C", "30", "F5"), "gl300"),
    **dict.fromkeys(("2E", "40", "44", "66", "DE"), "gl500"),
    "C3": "gl",
    "42": "last",
    "21": "timed",
    **dict.fromkeys(("04", "35"), "gv200"),
    **dict.fromkeys(("BD", "DF"), "short"),
}

VIN_FIRST = frozenset({"1F", "2D", "36"})
"""Device types of the OBD family that say the VIN before their name."""

COUNTED_FUEL = frozenset({"F1"})
"""Device types that count their digital fuel sensors."""

ASSETS = frozenset({"gl300", "gl500", "gl", "last", "timed"})
"""Families of trackers for things and people: they have no ignition."""


def family_of(device_type: str) -> Family:
    """The family of a device type such as `06`; what is not known is a vehicle's."""
    return _FAMILIES.get(device_type, "vehicle")
