"""Local times of devices that do not speak UTC."""

import re
from collections.abc import Mapping

TIME_ZONE = "timeZone"
TIME_ZONE_TEXT = "offset of the device's clock from UTC, such as +05:30"
_OFFSET = re.compile(r"([+-])(\d{1,2}):?([0-5]\d)?")


def utc_offset_s(options: Mapping[str, str], default_s: int = 0) -> int:
    """Seconds that a device's clock is ahead of UTC, by its option `timeZone`.

    A value that is no offset counts as none: the option was checked when it was set.
    """
    match = _OFFSET.fullmatch(options.get(TIME_ZONE, ""))
    if match is None:
        return default_s
    seconds = int(match[2]) * 3600 + int(match[3] or 0) * 60
    return -seconds if match[1] == "-" else seconds
