"""What TK103's codes say besides places: VIN, alarms, diagnostics, the tracker's charge."""

from milepost.errors import ProtocolError
from milepost.protocols.tk103.events import DIAGNOSTIC_ALARMS
from milepost.protocols.tk103.fix import read_fix, read_state
from milepost.protocols.tk103.frame import FIELDS, PROTOCOL_NAME, Frame
from milepost.protocols.wire.bus_readings import read_pid
from milepost.protocols.wire.report import Report
from milepost.vehiclebus.obd import size_of

_VIN_LENGTH = 17
_NO_VOLTAGE, _NO_LEVEL = 65_535, 255
_TRIMS = {0x06: 2, 0x07: 2, 0x08: 2, 0x09: 2}


def read_identification(frame: Frame, report: Report) -> bool:
    """BV00: the VIN; what is no VIN answers a command."""
    vin = frame.content.strip(",")
    if len(vin) != _VIN_LENGTH or not vin.isalnum():
        return False
    report.note("vin", vin)
    return True


def read_alarm(frame: Frame, report: Report) -> bool:
    """BQ81: `,ALARM,number,value,` and a fix."""
    fields = frame.content.split(",")
    if len(fields) < 4 or fields[1] != "ALARM":
        return False
    report.event(fields[2])
    report.alarm(DIAGNOSTIC_ALARMS.get(fields[2], "general"))
    if fields[3]:
        report.note("eventData", fields[3])
    read_fix(frame, report)
    return True


def read_diagnostics(frame: Frame, report: Report) -> bool:
    """BQ86: `,number,` PIDs with their values in hex, `,` time, `,` state.

    Source: captured frames. Fuel trims have two bytes.
    """
    fields = frame.content.split(",")
    if len(fields) < 4:
        raise ProtocolError(PROTOCOL_NAME, f"BQ86 has 4 fields or more, {len(fields)} came")
    data, time = FIELDS.packed("BQ86", fields[2]), fields[3]
    report.fields["fix_time_ms"] = frame.time_ms(time[:6], time[6:])
    if len(fields) > 4:
        read_state(fields[4], report)
    at = 0
    while at < len(data):
        pid = data[at]
        length_bytes = _TRIMS.get(pid) or size_of(pid) or 0
        if not length_bytes or at + 1 + length_bytes > len(data):
            report.note("rest", data[at:].hex())
            break
        read_pid(pid, data[at + 1 : at + 1 + length_bytes], report)
        at += 1 + length_bytes
    return True


def read_charge(frame: Frame, report: Report) -> bool:
    """ZC20: date, time, level, battery in 10 mV, supply in 100 mV, whether it is installed."""
    fields = frame.content.split(",")
    if len(fields) < 5:
        raise ProtocolError(PROTOCOL_NAME, f"ZC20 has 5 fields or more, {len(fields)} came")
    report.fields["fix_time_ms"] = frame.time_ms(fields[0], fields[1])
    level, battery, supply = (FIELDS.whole("ZC20", field) for field in fields[2:5])
    if level != _NO_LEVEL:
        report.note("trackerBatteryLevel", level)
    if battery != _NO_VOLTAGE:
        report.note("trackerBatteryV", battery / 100)
    if supply != _NO_VOLTAGE:
        report.fields["battery_v"] = supply / 10
    return True
