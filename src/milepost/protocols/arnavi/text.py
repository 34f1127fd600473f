"""Arnavi's text frames: `$AV,type,identity,…*checksum`.

Source: Arnavi, text protocol V3, V4 and V6; captured frames.
"""

from collections.abc import Callable, Mapping, Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.speeds import KMH_PER_KNOT
from milepost.protocols.wire.text_fields import TextFields

_PROTOCOL = "arnavi"
_FIELDS = TextFields(_PROTOCOL)
ANSWER = b"RCPTOK\r\n"
_LATITUDE_SIGNS, _LONGITUDE_SIGNS = ("N", "S"), ("E", "W")
_NONE = "65535"
_UNSET_CLOCK_MS = 3_155_760_000_000
"""2070: a receiver whose clock is not set says 1980, which two digits make 2080."""


def read_text(content: str, received_time_ms: int, *, damaged: bool) -> Message:
    """The message of a frame between `$` and `*`.

    Raises:
        ProtocolError: not of the protocol's form, or a field that is not what it has to be.
    """
    fields = content.rstrip(",").split(",")
    if len(fields) < 3 or fields[0] != "AV" or not fields[1].startswith("V"):
        raise ProtocolError(_PROTOCOL, f"no frame of Arnavi: {content[:40]!r}")
    kind, unique_id, *rest = fields[1:]
    if not unique_id.isalnum() or len(unique_id) > 20:
        raise ProtocolError(_PROTOCOL, f"no identity: {unique_id[:24]!r}")
    if kind[1:].isdecimal():
        return _position(unique_id, rest, received_time_ms, damaged=damaged)
    attributes = _OTHERS.get(kind, _plain)(kind, rest)
    return Message("other", unique_id, (), None, ANSWER, damaged, attributes)


def _plain(kind: str, rest: Sequence[str]) -> dict[str, str]:
    """Types that have no table here, as they are."""
    return {f"type:{kind}": ",".join(rest)}


def _device(kind: str, rest: Sequence[str]) -> dict[str, str]:
    """Counters and versions, then the modem's identity and the SIM card's."""
    long = [field for field in rest if field.isdecimal() and len(field) >= 15]
    attributes = _plain(kind, rest)
    attributes.update(zip(("imei", "iccid"), long[:2], strict=False))
    return attributes


_OTHERS: Mapping[str, Callable[[str, Sequence[str]], dict[str, str]]] = {"V3DI": _device}


def _position(
    unique_id: str, rest: Sequence[str], received_time_ms: int, *, damaged: bool
) -> Message:
    at = _latitude_at(rest)
    if len(rest) < at + 5 or at < 10:
        raise ProtocolError(_PROTOCOL, f"a report of {len(rest)} fields")
    fix_time_ms = _time_ms(rest[at + 4], rest[at - 1])
    report = Report(received_time_ms if fix_time_ms > _UNSET_CLOCK_MS else fix_time_ms)
    _state(report, rest[:7])
    valid = _receiver(report, rest[7 : at - 1])
    latitude = _FIELDS.degrees("latitude", rest[at][:-1], rest[at][-1])
    longitude = _FIELDS.degrees("longitude", rest[at + 1][:-1], rest[at + 1][-1])
    report.place(latitude, longitude, valid=valid)
    if "latitude_deg" in report.fields:
        report.motion(
            _FIELDS.number("speed", rest[at + 2]) * KMH_PER_KNOT,
            _FIELDS.number("course", rest[at + 3]),
        )
    if len(rest) > at + 5:
        report.note("extra", ",".join(rest[at + 5 :]))
    position = report.position(damaged=damaged)
    return Message("positions", unique_id, (position,), None, ANSWER, damaged)


def _time_ms(day: str, time: str) -> int:
    return date_ms(_PROTOCOL, day, "DMY") + time_of_day_ms(_PROTOCOL, time)


def _latitude_at(rest: Sequence[str]) -> int:
    for at in range(len(rest) - 1):
        if rest[at].endswith(_LATITUDE_SIGNS) and rest[at + 1].endswith(_LONGITUDE_SIGNS):
            return at
    raise ProtocolError(_PROTOCOL, "a report without a place")


def _state(report: Report, fields: Sequence[str]) -> None:
    """Number, supply and battery in 10 mV, a reserve, movement, ignition, inputs."""
    number, supply, battery, _, movement, ignition, inputs = fields
    report.note("index", number)
    report.fields["battery_v"] = _FIELDS.whole("supply", supply) / 100
    report.note("trackerBatteryV", _FIELDS.whole("battery", battery) / 100)
    report.note("motion", movement == "1")
    report.fields["ignition"] = ignition == "1"
    report.note("inputs", inputs)


def _receiver(report: Report, fields: Sequence[str]) -> bool:
    """Counters (two or four), fix, satellites, and from V4 on altitude and geoid's height.

    Returns whether there is a fix.
    """
    with_altitude = len(fields) in (6, 8) and _is_height(fields[-1]) and _is_height(fields[-2])
    heights = fields[-2:] if with_altitude else ()
    counters = fields[: len(fields) - len(heights)]
    if len(counters) < 4:
        raise ProtocolError(_PROTOCOL, f"a receiver of {len(fields)} fields")
    *counters, fix, satellites = counters
    for number, counter in enumerate(counters, 1):
        if counter != _NONE:
            report.note(f"counter{number}", counter)
    report.fields["satellites"] = _FIELDS.whole("satellites", satellites)
    if heights and heights[0]:
        report.motion(None, None, _FIELDS.number("altitude", heights[0]))
    return fix != "0"


def _is_height(field: str) -> bool:
    return not field or "." in field
