"""What the keyword of a GPS103 report means: an alarm, an ignition, an answer to a command.

Source: Coban "GPRS PROTOCOL" of 2014-12-12, section 4.3; captured frames.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec


class Meaning(msgspec.Struct, frozen=True):
    """`accepted` None: the report is no answer to a command."""

    alarm: str | None = None
    ignition: bool | None = None
    accepted: bool | None = None


_KEYWORDS: Mapping[str, Meaning] = {
    "help me": Meaning("sos"),
    "help me!": Meaning("sos"),
    "low battery": Meaning("low_battery"),
    "low battery!": Meaning("low_battery"),
    "stockade": Meaning("geofence"),
    "stockade!": Meaning("geofence"),
    "move": Meaning("movement"),
    "move!": Meaning("movement"),
    "speed": Meaning("overspeed"),
    "speed!": Meaning("overspeed"),
    "acc on": Meaning(ignition=True),
    "acc off": Meaning(ignition=False),
    "acc alarm": Meaning("movement", ignition=True),
    "door alarm": Meaning("door"),
    "ac alarm": Meaning("power_cut"),
    "accident alarm": Meaning("crash"),
    "sensor alarm": Meaning("vibration"),
    "bonnet alarm": Meaning("bonnet"),
    "footbrake alarm": Meaning("brake"),
    "gps antenna alarm": Meaning("antenna_cut"),
    "dtc": Meaning("fault"),
    "service": Meaning("general"),
    "dt": Meaning(accepted=True),
    "lf": Meaning(accepted=False),
}
_PICTURE_ANNOUNCED = re.compile(r"vt\d*")
_LETTER_ANSWER = re.compile(r"[a-z]t")
_NUMBER_ANSWER = re.compile(r"([15])\d\d")
_DONE = "1"


@lru_cache(maxsize=256)
def meaning_of(keyword: str) -> Meaning:
    """The meaning of a keyword; an empty one for what only says why the device reports."""
    known = _KEYWORDS.get(keyword.lower())
    if known is not None:
        return known
    if keyword.startswith("T:"):
        return Meaning("temperature")
    if keyword.startswith("oil "):
        return Meaning("fuel_leak")
    if _PICTURE_ANNOUNCED.fullmatch(keyword):
        return Meaning()
    if _LETTER_ANSWER.fullmatch(keyword):
        return Meaning(accepted=True)
    number = _NUMBER_ANSWER.fullmatch(keyword)
    return Meaning() if number is None else Meaning(accepted=number[1] == _DONE)
