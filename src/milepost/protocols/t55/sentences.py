"""The sentences of a receiver, standard and makers' own, each into what it says of one instant.

Source: NMEA 0183 3.0; u-blox "Receiver Description", PUBX,00; captured frames.
"""

from collections.abc import Callable, Mapping, Sequence

from milepost.errors import ProtocolError
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.nmea import NmeaFields
from milepost.protocols.wire.report import Report

PROTOCOL_NAME = "t55"
FIELDS = NmeaFields(PROTOCOL_NAME)

Read = Callable[[Sequence[str], int], Report]
"""(fields behind the name, the moment that days are taken from) -> what the sentence says."""

_UNRELIABLE = ("NF", "DR", "TT")


def due(name: str, fields: Sequence[str], count: int) -> None:
    """Check that there are enough fields.

    Raises:
        ProtocolError: there are not.
    """
    if len(fields) < count:
        reason = f"{name}: {count} fields are due, {len(fields)} came"
        raise ProtocolError(PROTOCOL_NAME, reason)


def whole(name: str, text: str) -> int:
    """A whole number that is not negative.

    Raises:
        ProtocolError: it is something else.
    """
    number = FIELDS.whole(name, text)
    if number < 0:
        raise ProtocolError(PROTOCOL_NAME, f"{name}: {text} is below 0")
    return number


def _put_quality(satellites: str, hdop: str, altitude: str, report: Report) -> None:
    if satellites:
        report.fields["satellites"] = whole("satellites", satellites)
    if hdop:
        report.fields["hdop"] = FIELDS.number("hdop", hdop)
    if altitude:
        report.motion(None, None, FIELDS.number("altitude", altitude))


def _rmc(fields: Sequence[str], reference_ms: int) -> Report:
    return FIELDS.recommended_minimum(fields, reference_ms)


def _gga(fields: Sequence[str], reference_ms: int) -> Report:
    """Time, place, quality, satellites, dilution, altitude; quality 0 is no fix."""
    due("GGA", fields, 9)
    report = Report(FIELDS.moment_ms(fields[0], "", reference_ms))
    FIELDS.put_place(fields[1:5], report, valid=fields[5] not in ("", "0"))
    _put_quality(fields[6], fields[7], fields[8], report)
    return report


def _gns(fields: Sequence[str], reference_ms: int) -> Report:
    """As GGA, with a letter of mode for each system of satellites; N is no fix."""
    due("GNS", fields, 9)
    report = Report(FIELDS.moment_ms(fields[0], "", reference_ms))
    FIELDS.put_place(fields[1:5], report, valid=bool(fields[5].strip("N")))
    _put_quality(fields[6], fields[7], fields[8], report)
    return report


def _gll(fields: Sequence[str], reference_ms: int) -> Report:
    """Place, time, A or V."""
    due("GLL", fields, 6)
    report = Report(FIELDS.moment_ms(fields[4], "", reference_ms))
    FIELDS.put_place(fields[:4], report, valid=fields[5] == "A")
    return report


def _rma(fields: Sequence[str], reference_ms: int) -> Report:
    """A or V, place, two fields of Loran-C, knots, course; no time at all."""
    due("RMA", fields, 9)
    report = Report(reference_ms)
    FIELDS.put_place(fields[1:5], report, valid=fields[0] == "A")
    FIELDS.put_motion(fields[7], fields[8], report)
    return report


def _pubx(fields: Sequence[str], reference_ms: int) -> Report:
    """Time, place, altitude, state, accuracies in m, km/h, course, dilutions, satellites."""
    due("PUBX", fields, 18)
    report = Report(FIELDS.moment_ms(fields[1], "", reference_ms))
    FIELDS.put_place(fields[2:6], report, valid=fields[7] not in _UNRELIABLE)
    report.note("gnssStatus", fields[7])
    report.motion(FIELDS.number("speed", fields[10]), FIELDS.number("course", fields[11]))
    _put_quality(fields[17], fields[14], fields[6], report)
    report.note("accuracyM", FIELDS.number("accuracy", fields[8]))
    report.note("vdop", FIELDS.number("vdop", fields[15]))
    return report


def _trccr(fields: Sequence[str], reference_ms: int) -> Report:
    """`YYYYMMDDHHMMSS.SSS`, A or V, signed degrees, knots, course, altitude, charge in percent."""
    del reference_ms
    due("TRCCR", fields, 8)
    moment = fields[0]
    day = date_ms(PROTOCOL_NAME, moment[2:8])
    report = Report(day + time_of_day_ms(PROTOCOL_NAME, moment[8:]))
    latitude_deg = FIELDS.number("latitude", fields[2])
    longitude_deg = FIELDS.number("longitude", fields[3])
    report.place(latitude_deg, longitude_deg, valid=fields[1] == "A")
    FIELDS.put_motion(fields[4], fields[5], report)
    report.motion(None, None, FIELDS.number("altitude", fields[6]))
    report.note("trackerBatteryPct", FIELDS.number("battery", fields[7]))
    return report


def _iop(fields: Sequence[str], reference_ms: int) -> Report:
    """Inputs and outputs as bits, four analogue inputs, the supply and the battery in volts."""
    due("IOP", fields, 8)
    report = Report(reference_ms)
    report.note("inputs", FIELDS.whole("inputs", fields[0], 2))
    report.note("outputs", FIELDS.whole("outputs", fields[1], 2))
    for number, volts in enumerate(fields[2:6], 1):
        report.note(f"ain{number}V", FIELDS.number("analogue input", volts))
    report.fields["battery_v"] = FIELDS.number("supply", fields[6])
    report.note("trackerBatteryV", FIELDS.number("battery", fields[7]))
    return report


STANDARD: Mapping[str, Read] = {
    "RMC": _rmc,
    "GGA": _gga,
    "GNS": _gns,
    "GLL": _gll,
    "RMA": _rma,
    "IOP": _iop,
}
"""Name without its talker of two letters."""

OF_MAKERS: Mapping[str, Read] = {"PUBX": _pubx, "TRCCR": _trccr}
