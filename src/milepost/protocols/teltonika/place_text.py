"""The place in a Teltonika device's answer to `getgps` and `getinfo`.

Source: Teltonika wiki, "FMB getgps": `GPS:1 Sat:7 Lat:54.71473 Long:25.30304 Alt:147 Speed:0
Dir:77 Date: 2017/6/16 Time: 12:58:37`.
"""

import math
import re

from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

_TEXT = TextFields("teltonika")
_PAIR = re.compile(r"(\w+): ?([^\s]+)")
_MOST_SATELLITES = 255


def read_place(text: str, *, damaged: bool) -> Position | None:
    """The position that the answer tells; None for an answer of another kind."""
    if "Lat:" not in text or "Long:" not in text:
        return None
    fields = dict(_PAIR.findall(text))
    try:
        date, time = fields["Date"].replace("/", "-"), fields["Time"]
        report = Report(_TEXT.time_ms("time", f"{date} {time}", "%Y-%m-%d %H:%M:%S"))
        latitude_deg = _TEXT.number("Lat", fields["Lat"])
        longitude_deg = _TEXT.number("Long", fields["Long"])
    except (KeyError, ProtocolError):
        return None
    satellites = _number(fields, "Sat")
    report.place(latitude_deg, longitude_deg, valid=fields.get("GPS") == "1")
    report.motion(_number(fields, "Speed"), _number(fields, "Dir"), _number(fields, "Alt"))
    if satellites is not None and 0 <= satellites <= _MOST_SATELLITES:
        report.fields["satellites"] = int(satellites)
    return report.position(damaged=damaged)


def _number(fields: dict[str, str], name: str) -> float | None:
    """A number of the answer; None where it has none of the name."""
    try:
        value = float(fields.get(name, "nan"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
