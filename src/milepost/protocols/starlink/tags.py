"""The tags of a StarLink event report, and the layout that a device's owner made of them.

Source: ERM, "StarLink communication protocol", parameter 0177; captured frames (that durations are
in minutes among them).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from milepost.errors import ProtocolError
from milepost.protocols.starlink.sensors import put_sensor
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.speeds import KMH_PER_KNOT
from milepost.protocols.wire.text_fields import TextFields

PROTOCOL_NAME = "starlink"
FORMAT, DATE_FORMAT = "format", "dateFormat"
_DEFAULT_FORMAT = (
    "#EDT#,#EID#,#PDT#,#LAT#,#LONG#,#SPD#,#HEAD#,#ODO#,#IN1#,#IN2#,#IN3#,#IN4#,"
    "#OUT1#,#OUT2#,#OUT3#,#OUT4#,#LAC#,#CID#,#VIN#,#VBAT#,#DEST#,#IGN#,#ENG#"
)
_DATE_ORDERS: Mapping[str, str] = {"dd": "DMY", "MM": "MDY"}
_FIELDS = TextFields(PROTOCOL_NAME)
_TIME_DIGITS = 12
_TIME, _IMEI = re.compile(r"\d{12}"), re.compile(r"\d{15}")
_LATITUDE, _LONGITUDE = re.compile(r"[+-]\d{4}\.\d{4}"), re.compile(r"[+-]\d{5}\.\d{4}")
_STALE_MS = 60_000
"""A place that is older than the event by more is the last known one."""

_ALARMS: Mapping[str, str] = {
    "06": "overspeed",
    "07": "geofence_enter",
    "08": "geofence_exit",
    "09": "power_cut",
    "11": "low_battery",
    "26": "towing",
    "36": "sos",
    "41": "crash",
    "42": "jamming",
}
"""Event -> alarm; the other events have none."""

_DRIVER_EVENT = "16"
"""The last of its own fields is the key of the new driver."""

_RUNNING = "Vehicle.Powertrain.CombustionEngine.IsRunning"
Put = Callable[[Report, str], None]


class Layout:
    """What the fields of a device's event reports are."""

    __slots__ = ("_date_order", "_tags")

    def __init__(self, tags: Sequence[str], date_order: str) -> None:
        self._tags = tuple((tag, _PUTS.get(tag)) for tag in tags)
        self._date_order = date_order

    def read(self, fields: Sequence[str], received_time_ms: int) -> Report:
        """The report of an event.

        Raises:
            ProtocolError: a field is not what its tag says.
        """
        report = Report(received_time_ms)
        joint: dict[str, str] = {}
        for (tag, put), field in zip(self._tags, fields, strict=False):
            if not field:
                continue
            if put is not None:
                put(report, field)
            elif tag in _JOINT:
                joint[tag] = field
            elif not put_sensor(report, tag, field):
                report.attributes[f"tag:{tag}"] = field
        self._put_joint(report, joint)
        _put_rest(report, joint.get("EID", ""), fields[len(self._tags) :])
        return report

    def read_evident(self, fields: Sequence[str], received_time_ms: int) -> Report | None:
        """Times, place and IMEI, which look like nothing else, in whatever order the others are.

        Raises:
            ProtocolError: there is no such time or place.
        """
        times = [field for field in fields if _TIME.fullmatch(field)]
        at = next((at for at, field in enumerate(fields) if _LATITUDE.fullmatch(field)), -1)
        if not times:
            return None
        joint = {"EDT": times[0]}
        if at > 0 and _LONGITUDE.fullmatch(fields[at + 1] if at + 1 < len(fields) else ""):
            joint |= {"PDT": fields[at - 1], "LAT": fields[at], "LONG": fields[at + 1]}
        report = Report(received_time_ms)
        self._put_joint(report, joint)
        imei = next((field for field in fields if _IMEI.fullmatch(field)), None)
        if imei is not None:
            report.attributes["imei"] = imei
        report.attributes["tag:all"] = ",".join(fields)
        return report

    def _put_joint(self, report: Report, joint: Mapping[str, str]) -> None:
        event_ms = self._time_ms(joint.get("EDT", ""))
        place_ms = self._time_ms(joint.get("PDT", ""))
        is_stale = event_ms is not None and (
            place_ms is None or abs(event_ms - place_ms) > _STALE_MS
        )
        time_ms = event_ms if is_stale else place_ms
        if time_ms is not None:
            report.fields["fix_time_ms"] = time_ms
        if "LAT" in joint and "LONG" in joint:
            latitude = _degrees("latitude", joint["LAT"])
            longitude = _degrees("longitude", joint["LONG"])
            report.place(latitude, longitude, valid=not is_stale)
        if "EID" in joint:
            report.event(joint["EID"])
            report.alarm(_ALARMS.get(joint["EID"].zfill(2)))
        _put_cell(report, joint)

    def _time_ms(self, digits: str) -> int | None:
        if not digits.strip("0"):
            return None
        if len(digits) != _TIME_DIGITS:
            raise ProtocolError(PROTOCOL_NAME, f"a time of 12 digits is due, {digits[:20]!r} came")
        day_ms = date_ms(PROTOCOL_NAME, digits[:6], self._date_order)
        return day_ms + time_of_day_ms(PROTOCOL_NAME, digits[6:])


def layout_of(options: Mapping[str, str]) -> Layout:
    """The layout by the device's options."""
    return _layout(options.get(FORMAT) or _DEFAULT_FORMAT, options.get(DATE_FORMAT, ""))


@lru_cache(maxsize=256)
def _layout(form: str, date_format: str) -> Layout:
    tags = [tag.strip().strip("#") for tag in form.split(",")]
    return Layout(tags, _DATE_ORDERS.get(date_format[:2], "YMD"))


def _degrees(name: str, text: str) -> float:
    """`+DDMM.MMMM` or `+DDDMM.MMMM`."""
    return _FIELDS.degrees(name, text)


def _put_cell(report: Report, joint: Mapping[str, str]) -> None:
    """Area and cell; the operator, where it is told, is country and network in one."""
    area, cell, operator = joint.get("LAC"), joint.get("CID"), joint.get("NC", "")
    if area and cell and 5 <= len(operator) <= 6 and (operator + area + cell).isdecimal():
        country, network = int(operator[:3]), int(operator[3:])
        cell_id = cell_text(country, network, int(area[:10]), int(cell[:10]))
        report.attributes["cells"] = cell_id
        return
    for name, value in (("areaCode", area), ("cellId", cell), ("operator", operator)):
        if value:
            report.attributes[name] = value


def _put_rest(report: Report, event: str, rest: Sequence[str]) -> None:
    """What an event has of its own, behind the layout's fields."""
    if not any(rest):
        return
    if event == _DRIVER_EVENT and rest[-1].strip("0"):
        report.attributes["driverUniqueId"] = rest[-1].strip()
    report.attributes["extra"] = ",".join(rest).strip()


def _field(name: str, scale: float = 1) -> Put:
    def put(report: Report, text: str) -> None:
        value = _FIELDS.number(name, text) * scale
        if value >= 0:
            report.fields[name] = value

    return put


def _attribute(name: str) -> Put:
    def put(report: Report, text: str) -> None:
        report.attributes[name] = text.strip()

    return put


def _number(name: str, scale: float = 1) -> Put:
    def put(report: Report, text: str) -> None:
        report.note(name, _FIELDS.number(name, text) * scale)

    return put


def _motion(field: str, scale: float = 1) -> Put:
    def put(report: Report, text: str) -> None:
        value = _FIELDS.number(field, text) * scale
        if field == "speed_kmh":
            report.motion(value, None)
        elif field == "course_deg":
            report.motion(None, value)
        else:
            report.motion(None, None, value)

    return put


def _ignition(report: Report, text: str) -> None:
    report.fields["ignition"] = text.strip() == "1"


def _engine(report: Report, text: str) -> None:
    report.signals[_RUNNING] = 1.0 if text.strip() == "1" else 0.0


def _satellites(report: Report, text: str) -> None:
    value = _FIELDS.whole("satellites", text)
    if 0 <= value <= 255:
        report.fields["satellites"] = value


def _fuel(report: Report, text: str) -> None:
    value = _FIELDS.number("fuel", text)
    if 0 <= value <= 100:
        report.fields["fuel_level_pct"] = value


def _jamming(report: Report, text: str) -> None:
    if text.strip("0"):
        report.alarm("jamming")


_JOINT = frozenset({"EDT", "PDT", "LAT", "LONG", "EID", "LAC", "CID", "NC"})
"""Tags that are read together, when all of them are there."""

_PUTS: Mapping[str, Put] = {
    "SPD": _motion("speed_kmh", KMH_PER_KNOT),
    "SPDK": _motion("speed_kmh"),
    "HEAD": _motion("course_deg"),
    "ALT": _motion("altitude_m"),
    "HDOP": _field("hdop"),
    "LOCA": _number("accuracyM"),
    "SATU": _satellites,
    "CSS": _attribute("gsmSignal"),
    "ODO": _field("odometer_m", 1000),
    "DUR": _number("ignitionOnS", 60),
    "TDUR": _field("engine_hours_h", 1 / 60),
    "VIN": _field("battery_v"),
    "V1": _field("battery_v"),
    "VBAT": _number("trackerBatteryV"),
    "V2": _number("trackerBatteryV"),
    "V3": _number("ain1V"),
    "V4": _number("ain2V"),
    "BATC": _number("trackerBatteryPct"),
    "TVI": _number("trackerTempC"),
    "IGN": _ignition,
    "IGNL": _ignition,
    "ENG": _engine,
    "CFL": _fuel,
    "JAM": _jamming,
    "EDSC": _attribute("event"),
    "DUID": _attribute("driverUniqueId"),
    "IMEI": _attribute("imei"),
    **{f"IN{number}": _attribute(f"din{number}") for number in range(1, 9)},
    **{f"OUT{number}": _attribute(f"dout{number}") for number in range(1, 9)},
}
"""Tag -> where its field goes; what is not here is kept as `tag:DEST`."""
