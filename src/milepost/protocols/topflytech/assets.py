"""Locations and alarms of TopFlyTech's asset trackers: 2727.

Source: TOPFLYtech 0x27 0x27 Protocol (TLP1, TLP2, SolarX 110); captured frames.
"""

from milepost.errors import ProtocolError
from milepost.protocols.topflytech.fields import (
    ASSET_ALARMS,
    NAME,
    PLACE_BYTES,
    TIME_BYTES,
    decimal,
    percent,
    read_place,
    read_receiver,
    read_time,
)
from milepost.protocols.wire.report import Report

_TIME_AT = 2
_STATE_AT = _TIME_AT + TIME_BYTES + PLACE_BYTES
_BATTERY, _LIGHT, _TEMPERATURE, _SOLAR, _VOLTS = 4, 5, 6, 7, 8
_MILEAGE, _STATUS, _SETTINGS = slice(10, 14), slice(14, 16), slice(16, None)
"""Where they stand after the place."""
_STATE_BYTES = 16
_NOTHING = 0xFF


def read_asset(report: Report, content: bytes) -> int:
    """Set what a location or an alarm says; gives the alarm's code.

    Raises:
        ProtocolError: it ends before its place, or there is no such time.
    """
    if len(content) < _STATE_AT:
        raise ProtocolError(NAME, f"a location of {len(content)} bytes")
    read_time(report, content, _TIME_AT)
    located = read_receiver(report, content[0])
    read_place(report, content, _TIME_AT + TIME_BYTES, located=located)
    alarm = content[1]
    if alarm:
        report.event(f"{alarm:02x}")
        report.alarm(ASSET_ALARMS.get(alarm))
    state = content[_STATE_AT:]
    if len(state) >= _STATE_BYTES:
        _state(report, state)
    return alarm


def _state(report: Report, state: bytes) -> None:
    charge = percent(state[_BATTERY])
    if charge is not None:
        report.attributes["trackerBatteryPct"] = str(charge)
    light, solar, battery = (decimal(state[at]) for at in (_LIGHT, _SOLAR, _VOLTS))
    if light is not None:
        report.attributes["light"] = str(light)
    if state[_TEMPERATURE] != _NOTHING:
        temperature = int.from_bytes(state[_TEMPERATURE : _TEMPERATURE + 1], "big", signed=True)
        report.attributes["trackerTempC"] = str(temperature)
    if solar is not None:
        report.note("auxiliaryV", solar / 10)
    if battery is not None:
        report.note("trackerBatteryV", battery / 10)
    report.fields["odometer_m"] = float(int.from_bytes(state[_MILEAGE], "big"))
    report.attributes["status"] = state[_STATUS].hex()
    report.attributes["configuration"] = state[_SETTINGS].hex()
