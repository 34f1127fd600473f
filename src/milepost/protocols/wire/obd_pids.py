"""OBD-II values of mode 01 by their PID, into a report.

Source: SAE J1979, appendix B.
"""

from collections.abc import Mapping

from milepost.protocols.wire.elements import Put, field, signal
from milepost.protocols.wire.report import Report

Pid = tuple[int, Put]
"""How many bytes a value has, and where it belongs."""


def _field(name: str, scale: float = 1, offset: float = 0, length_bytes: int = 1) -> Pid:
    return length_bytes, field(name, scale, offset)


def _signal(name: str, scale: float = 1, offset: float = 0, length_bytes: int = 1) -> Pid:
    return length_bytes, signal(name, scale, offset)


def _monitor(report: Report, raw: int) -> None:
    report.note("milOn", bool(raw >> 31 & 1))
    report.note("dtcCount", raw >> 24 & 0x7F)


def _nothing(report: Report, raw: int) -> None:
    del report, raw


_PERCENT = 100 / 255
_TRIM = 100 / 128

PIDS: Mapping[int, Pid] = {
    0x00: (4, _nothing),
    0x01: (4, _monitor),
    0x02: (2, _nothing),
    0x03: (2, _nothing),
    0x04: _field("engine_load_pct", _PERCENT),
    0x05: _field("coolant_temp_c", 1, -40),
    0x06: _signal("OBD.ShortTermFuelTrim1", _TRIM, -100),
    0x07: _signal("OBD.LongTermFuelTrim1", _TRIM, -100),
    0x08: _signal("OBD.ShortTermFuelTrim2", _TRIM, -100),
    0x09: _signal("OBD.LongTermFuelTrim2", _TRIM, -100),
    0x0A: _signal("OBD.FuelPressure", 3),
    0x0B: _signal("OBD.MAP"),
    0x0C: _field("engine_rpm", 0.25, 0, 2),
    0x0D: _signal("Speed"),
    0x0E: _signal("OBD.TimingAdvance", 0.5, -64),
    0x0F: _signal("OBD.IntakeTemp", 1, -40),
    0x10: _signal("OBD.MAF", 0.01, 0, 2),
    0x11: _field("throttle_pct", _PERCENT),
    0x1F: _signal("OBD.RunTime", 1, 0, 2),
    0x21: _signal("OBD.DistanceWithMIL", 1, 0, 2),
    0x22: _signal("OBD.FuelRailPressureVac", 0.079, 0, 2),
    0x23: _signal("OBD.FuelRailPressureDirect", 10, 0, 2),
    0x2C: _signal("OBD.CommandedEGR", _PERCENT),
    0x2D: _signal("OBD.EGRError", _TRIM, -100),
    0x2E: _signal("OBD.CommandedEVAP", _PERCENT),
    0x2F: _field("fuel_level_pct", _PERCENT),
    0x30: _signal("OBD.WarmupsSinceDTCClear"),
    0x31: _signal("OBD.DistanceSinceDTCClear", 1, 0, 2),
    0x33: _signal("OBD.BarometricPressure"),
    0x42: _signal("OBD.ControlModuleVoltage", 0.001, 0, 2),
    0x43: _signal("OBD.AbsoluteLoad", _PERCENT, 0, 2),
    0x44: _signal("OBD.CommandedEquivalenceRatio", 2 / 65536, 0, 2),
    0x45: _signal("OBD.RelativeThrottlePosition", _PERCENT),
    0x46: _signal("OBD.AmbientAirTemperature", 1, -40),
    0x47: _signal("OBD.ThrottlePositionB", _PERCENT),
    0x48: _signal("OBD.ThrottlePositionC", _PERCENT),
    0x49: _signal("OBD.AcceleratorPositionD", _PERCENT),
    0x4A: _signal("OBD.AcceleratorPositionE", _PERCENT),
    0x4B: _signal("OBD.AcceleratorPositionF", _PERCENT),
    0x4C: _signal("OBD.ThrottleActuator", _PERCENT),
    0x4D: _signal("OBD.RunTimeMIL", 1, 0, 2),
    0x4E: _signal("OBD.TimeSinceDTCCleared", 1, 0, 2),
    0x52: _signal("OBD.EthanolPercent", _PERCENT),
    0x5A: _signal("OBD.RelativeAcceleratorPosition", _PERCENT),
    0x5B: _signal("OBD.HybridBatteryRemaining", _PERCENT),
    0x5C: _field("engine_oil_temp_c", 1, -40),
    0x5E: _signal("OBD.FuelRate", 0.05, 0, 2),
}
"""The values that are known; all are unsigned, big-endian, the first bytes where more are sent."""

_UNKNOWN: Pid = (1 << 16, _nothing)


def read_pid(pid: int, data: bytes, report: Report) -> None:
    """One value; what is unknown or too short is kept as `pid:2f` in hex."""
    length_bytes, put = PIDS.get(pid, _UNKNOWN)
    if len(data) < length_bytes:
        report.note(f"pid:{pid:02x}", data.hex())
        return
    put(report, int.from_bytes(data[:length_bytes], "big"))
