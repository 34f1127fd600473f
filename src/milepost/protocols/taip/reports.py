"""The bodies of TAIP frames that say where the device was; all fields have a fixed width.

Source: Trimble "Copernicus GPS Receiver", appendix B (PV, LN); Lantrix "Protocolo TAIP" (RGP, RTT);
Digital Communications Technologies on Syrus (EV); captured frames of Virloc (CQ, CV, US, PI).
"""

from collections.abc import Callable, Mapping

from milepost.errors import ProtocolError
from milepost.protocols.taip.frame import FIELDS, PROTOCOL_NAME
from milepost.protocols.wire.digit_times import DAY_MS, date_ms, time_of_day_ms
from milepost.protocols.wire.nmea import nearest_ms
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.speeds import KMH_PER_MILE_PER_HOUR

_M_PER_FOOT = 0.3048
_GPS_EPOCH_MS = 315_964_800_000
_UNKNOWN_SOURCE, _NO_AGE = "9", "0"
_IGNITION, _SUPPLY = 0x80, 0x40
_FIRST_YEAR_WITHOUT_CLOCK = "70"
_NOTHING_YET = "000000"


class Body:
    """A body that is read from its begin to its end; readers raise ProtocolError at the end."""

    __slots__ = ("_at", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def take(self, width: int) -> str:
        """The next characters."""
        end = self._at + width
        if end > len(self._text):
            reason = f"{width} characters are due behind {self._text[: self._at]!r}"
            raise ProtocolError(PROTOCOL_NAME, reason)
        taken = self._text[self._at : end]
        self._at = end
        return taken

    def number(self, name: str, width: int, base: int = 10) -> int:
        """The next characters as a whole number, which may have a sign."""
        return FIELDS.whole(name, self.take(width), base)

    def count(self, name: str, width: int, base: int = 10) -> int:
        """The next characters as a whole number without a sign."""
        text = self.take(width)
        if not text.isalnum():
            raise ProtocolError(PROTOCOL_NAME, f"{name}: digits are due, {text!r} came")
        return FIELDS.whole(name, text, base)

    def rest(self) -> str:
        """All that is left."""
        return self.take(len(self._text) - self._at)

    @property
    def left(self) -> int:
        """How many characters are left."""
        return len(self._text) - self._at

    def place(self) -> tuple[float, float]:
        """Degrees with five decimals, or degrees and minutes with a point."""
        if self._text[self._at + 5 : self._at + 6] == ".":
            latitude, longitude = self.take(10), self.take(11)
            return FIELDS.degrees("latitude", latitude), FIELDS.degrees("longitude", longitude)
        return self.number("latitude", 8) / 1e5, self.number("longitude", 9) / 1e5


def _clock_ms(body: Body, received_time_ms: int) -> int:
    """`DDMMYYHHMMSS`; a device that has no time yet reports now."""
    day, time = body.take(6), body.take(6)
    if day == _NOTHING_YET or day[4:] >= _FIRST_YEAR_WITHOUT_CLOCK:
        return received_time_ms
    return date_ms(PROTOCOL_NAME, day, "DMY") + time_of_day_ms(PROTOCOL_NAME, time)


def _second_of_day_ms(body: Body, received_time_ms: int) -> int:
    """Five digits: the day is the one next to the reception."""
    return nearest_ms(body.count("second of the day", 5) * 1000 % DAY_MS, received_time_ms)


def _motion(body: Body, report: Report, kmh: float = 1.0) -> None:
    speed, course = body.count("speed", 3), body.count("course", 3)
    report.motion(speed * kmh, course)


def _fixed_by(body: Body) -> bool:
    """Source and age of the data: 0 to 3 are receivers' fixes, an age of 0 means none."""
    source, age = body.take(1), body.take(1)
    return source != _UNKNOWN_SOURCE and age != _NO_AGE


def _position_velocity(body: Body, received_time_ms: int) -> Report:
    """PV: second of the day, place, miles an hour, course, source, age."""
    report = Report(_second_of_day_ms(body, received_time_ms))
    place = body.place()
    _motion(body, report, KMH_PER_MILE_PER_HOUR)
    report.place(*place, valid=_fixed_by(body))
    return report


def _event(body: Body, received_time_ms: int) -> Report:
    """EV: event, GPS week, day of the week, second of the day, then as PV."""
    del received_time_ms
    event = body.take(2)
    days = body.count("week", 4) * 7 + body.count("day of the week", 1)
    seconds = body.count("second of the day", 5)
    report = Report(_GPS_EPOCH_MS + days * DAY_MS + seconds * 1000)
    report.event(event)
    place = body.place()
    _motion(body, report, KMH_PER_MILE_PER_HOUR)
    report.place(*place, valid=_fixed_by(body))
    return report


def _long_navigation(body: Body, received_time_ms: int) -> Report:
    """LN: as PV with more digits, altitude in feet, climb, and the satellites."""
    time_of_day = body.count("time of the day", 8) % DAY_MS
    report = Report(nearest_ms(time_of_day, received_time_ms))
    latitude_deg, longitude_deg = (
        body.number("latitude", 10) / 1e7,
        body.number("longitude", 11) / 1e7,
    )
    altitude_m = body.number("altitude", 9) / 100 * _M_PER_FOOT
    speed_kmh = body.count("speed", 4) / 10 * KMH_PER_MILE_PER_HOUR
    body.number("climb", 5)
    report.motion(speed_kmh, body.count("course", 4) / 10, altitude_m)
    report.fields["satellites"] = body.count("satellites", 2)
    rest = body.rest()
    valid = len(rest) >= 2 and rest[-2] != _UNKNOWN_SOURCE and rest[-1] != _NO_AGE
    report.place(latitude_deg, longitude_deg, valid=valid)
    return report


def _global_position(body: Body, received_time_ms: int) -> Report:
    """GP: date, place, km/h, course, kind of fix, age, inputs, event, dilution."""
    report = _dated(body, received_time_ms)
    if body.left >= 2:
        report.event(body.take(2))
    if body.left >= 2:
        report.fields["hdop"] = float(body.count("hdop", 2))
    return report


def _dated(body: Body, received_time_ms: int) -> Report:
    """Date, place, km/h, course, kind of fix (0 is none), age in seconds, inputs."""
    report = Report(_clock_ms(body, received_time_ms))
    place = body.place()
    _motion(body, report)
    report.place(*place, valid=body.take(1) != "0")
    report.note("fix:ageS", body.count("age", 2, 16))
    _put_inputs(body.count("inputs", 2, 16), report)
    return report


def _put_inputs(bits: int, report: Report) -> None:
    """Bit 7 is the ignition, 6 the vehicle's supply."""
    report.note("inputs", bits)
    report.fields["ignition"] = bool(bits & _IGNITION)
    report.note("externalPower", bool(bits & _SUPPLY))


def _extended_position(body: Body, received_time_ms: int) -> Report:
    """TT: as GP, then state of the navigation, outputs, two converters, signal, two batteries."""
    report = _global_position(body, received_time_ms)
    parts = body.rest().split()
    if len(parts) != 3 or len(parts[2]) < 20:
        if parts:
            report.note("extra", " ".join(parts))
        return report
    navigation, outputs, values = parts
    report.note("gnssStatus", navigation)
    report.note("outputs", FIELDS.whole("outputs", outputs, 2))
    numbers = Body(values)
    report.note("adc1", numbers.count("converter", 4))
    report.note("adc2", numbers.count("converter", 4))
    report.note("gsmSignal", numbers.count("signal", 4))
    report.fields["battery_v"] = numbers.count("supply", 4) / 100
    report.note("trackerBatteryV", numbers.count("battery", 4) / 100)
    return report


def _quick(body: Body, received_time_ms: int) -> Report:
    """CQ and CV: event, date, place, km/h, course, inputs, supply, odometer, receiver, modem."""
    event = body.take(2)
    report = Report(_clock_ms(body, received_time_ms))
    report.event(event)
    place = body.place()
    _motion(body, report)
    _put_inputs(body.count("inputs", 2, 16), report)
    report.note("satellitesVisible", body.count("satellites", 2))
    report.fields["battery_v"] = body.count("supply", 3) / 10
    report.fields["odometer_m"] = float(body.count("odometer", 8, 16))
    body.take(1)
    report.place(*place, valid=body.take(1) in ("2", "3"))
    report.note("pdop", body.count("pdop", 2))
    report.fields["satellites"] = body.count("satellites", 2)
    report.note("fix:ageS", body.count("age", 4, 16))
    body.take(1)
    report.note("networkType", body.take(1))
    report.note("gsmSignal", body.count("signal", 2))
    for number in (1, 2):
        if body.left >= 7:
            _put_temperature(number, body, report)
    return report


def _put_temperature(number: int, body: Body, report: Report) -> None:
    """Tenths of a degree and the sensor's number; FF where there is none."""
    tenths, sensor = body.number("temperature", 5), body.take(2)
    if sensor.upper() != "FF":
        report.note(f"temp{number}C", tenths / 10)
        report.note(f"temp{number}Id", sensor)


def _user_report(body: Body, received_time_ms: int) -> Report:
    """US: number, date, place, km/h, course, kind of fix, age, inputs, and fields after commas.

    The fields are a word of the unit, its inputs, supply and battery, three sensors, the signal.
    """
    body.take(2)
    if body.take(1) != ",":
        raise ProtocolError(PROTOCOL_NAME, "US: a comma is due behind the number")
    head, *fields = body.rest().split(",")
    start = Body(head)
    report = Report(_clock_ms(start, received_time_ms))
    place = start.place()
    _motion(start, report)
    report.place(*place, valid=start.left > 0 and start.take(1) not in ("0", "1"))
    report.note("rest", start.rest())
    if len(fields) >= 4 and len(fields[2]) == 8 and fields[2].isdecimal():
        report.fields["battery_v"] = int(fields[2][:4]) / 100
        report.note("trackerBatteryV", int(fields[2][4:]) / 100)
        for number, text in enumerate(fields[4:6], 1):
            if text[:1] in ("+", "-"):
                report.note(f"temp{number}C", FIELDS.number("temperature", text))
    report.note("extra", ",".join(fields))
    return report


def _polled(body: Body, received_time_ms: int) -> Report:
    """PI: date, place, km/h, course, kind of fix; the rest is not explained."""
    report = Report(_clock_ms(body, received_time_ms))
    place = body.place()
    _motion(body, report)
    report.place(*place, valid=body.take(1) != "0")
    report.note("rest", body.rest())
    return report


READERS: Mapping[str, Callable[[Body, int], Report]] = {
    "RPV": _position_velocity,
    "REV": _event,
    "RLN": _long_navigation,
    "RGP": _global_position,
    "RTT": _extended_position,
    "RCQ": _quick,
    "RCV": _quick,
    "RUS": _user_report,
    "RPI": _polled,
}
"""The first three letters of a body -> what reads the rest."""
