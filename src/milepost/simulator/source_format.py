"""How somebody's file is to be read."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from milepost.errors import InvalidInput
from milepost.simulator.columns import FIELDS


class SourceFormat(msgspec.Struct, frozen=True, kw_only=True):
    """Columns by field, units by field, the zone of times without one, and what means "no value".

    Attributes:
        columns: {field: column}; the usual names are found without it.
        units: {field: unit}, for speed, altitude and odometer; km/h and metres without it.
        time_zone: IANA name of the zone that times without an offset are in.
        no_values: {field: number} that the source writes for "not known".
    """

    columns: Mapping[str, str] = {}
    units: Mapping[str, str] = {}
    time_zone: str = "UTC"
    no_values: Mapping[str, float] = {}

    def factor(self, word: str) -> float:
        """What a field's numbers are multiplied by.

        Raises:
            InvalidInput: the field has no such unit.
        """
        unit = self.units.get(word)
        if unit is None:
            return 1.0
        known = FIELDS[word].units
        if unit not in known:
            raise InvalidInput(f"the unit of {word}", unit, ", ".join(known) or "none to choose")
        return known[unit]

    def zone(self) -> ZoneInfo:
        """The zone of times without an offset.

        Raises:
            InvalidInput: there is no such zone.
        """
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            name = "an IANA time zone such as Europe/Berlin"
            raise InvalidInput("--time-zone", self.time_zone, name) from error
