"""GPS103's report of what the vehicle's bus says.

Source: Coban "GPRS PROTOCOL" of 2014-12-12, OBD; captured frames.
"""

from collections.abc import Sequence

from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.gps103.fields import PROTOCOL_NAME, LocalClock, number_or_none, percent
from milepost.protocols.wire.bus_readings import note_codes
from milepost.protocols.wire.report import Report

_FEWEST_FIELDS = 14
_NO_RPM = 16_383
_HIGHEST_LP100KM = 100


def read_obd(fields: Sequence[str], clock: LocalClock, received_time_ms: int) -> Position:
    """Time, odometer, consumption, hours, speed, load, coolant, throttle, rpm, voltage, codes.

    Raises:
        ProtocolError: too few fields, or no such time.
    """
    if len(fields) < _FEWEST_FIELDS:
        reason = f"OBD has {_FEWEST_FIELDS} fields, {len(fields)} came"
        raise ProtocolError(PROTOCOL_NAME, reason)
    report = Report(clock.utc_ms(fields[2], "", received_time_ms))
    odometer, rate, economy, hours, speed = map(number_or_none, fields[3:8])
    coolant, rpm, voltage = map(number_or_none, (fields[9], fields[11], fields[12]))
    _amounts(odometer, rate, economy, hours, report)
    if speed is not None:
        report.signals["Vehicle.Speed"] = speed
    named = {
        "engine_load_pct": percent(fields[8]),
        "coolant_temp_c": coolant,
        "throttle_pct": percent(fields[10]),
        "engine_rpm": None if rpm == _NO_RPM else rpm,
        "battery_v": voltage or None,
    }
    report.fields.update({name: value for name, value in named.items() if value is not None})
    codes = [code for code in fields[13:] if code]
    if codes:
        note_codes(report, codes)
    report.event("OBD")
    return report.position()


def _amounts(
    odometer_km: float | None,
    rate_lph: float | None,
    economy: float | None,
    hours: float | None,
    report: Report,
) -> None:
    """Odometer, l/h now, l/100 km of the trip, hours of running."""
    if odometer_km:
        report.fields["odometer_m"] = odometer_km * 1000
    if rate_lph is not None:
        report.signals["Vehicle.OBD.FuelRate"] = rate_lph
    if economy is not None:
        name = "fuelEconomyLp100km" if economy <= _HIGHEST_LP100KM else "field:5"
        report.note(name, economy)
    if hours is not None:
        report.fields["engine_hours_h"] = hours
