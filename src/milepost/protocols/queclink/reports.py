"""Queclink's report types: what stands before and after the fix, and what each one means.

Source: Queclink @Track Air Interface Protocol of GV200, GV300, GV300CAN, GV500, GV600M, GL200,
GL300, GL500 and GL530, "Report"; captured frames.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

Reader = Literal["layout", "numbered", "can", "obd", "accessory", "fixed", "extended"]


class ReportType(msgspec.Struct, frozen=True):
    """How a report is read.

    `before` are the fields that end where the fix begins, `after` those that begin after cell and
    append mask, by their names in `values.FIELDS`. `numbered`: the report's id and type and the
    number of fixes end before the fix. `alarms` by the report's own type, None for any.
    `plain`: the fields from the first on, where there is no fix.
    """

    reader: Reader = "layout"
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ("mileage",)
    plain: tuple[str, ...] = ()
    alarms: Mapping[int | None, str] = {}
    ignition: bool | None = None
    attributes: tuple[tuple[str, bool], ...] = ()


def _any(alarm: str) -> Mapping[int | None, str]:
    return {None: alarm}


def _numbered(alarms: Mapping[int | None, str] | None = None) -> ReportType:
    return ReportType("numbered", alarms=alarms or {})


def _ignition(on: bool) -> ReportType:
    """The duration is that of the state that ended."""
    duration = "parked_s" if on else "ignition_on_s"
    return ReportType(before=(duration,), after=("hours", "mileage"), ignition=on)


_INFORMATION = (
    *("state", "iccid", "gsm", "-", "external", "supply_mv", "supply2_mv", "battery_v"),
    *("charging", "-", "-", "-", "-", "-"),
)
VEHICLE_INFORMATION_END = ("inputs", "outputs", "zone", "-")
"""The last fields of a vehicle's GTINF."""
ASSET_INFORMATION_END = ("battery_pct", "temp", "temp1", "-", "-")
"""The fields of an asset's GTINF after the time of its last fix."""
INFORMATION_FIELDS = len(_INFORMATION)

_HARSH: Mapping[int | None, str] = {
    **{0: "harsh_braking", 1: "harsh_acceleration", 2: "harsh_cornering"},
    **{3: "harsh_braking", 4: "harsh_acceleration", 5: "harsh_cornering"},
}
_FENCE: Mapping[int | None, str] = {0: "geofence_exit", 1: "geofence_enter"}
_LOCATION_TRACK = ("-", "-", "-", "temp", "battery_pct")

REPORTS: Mapping[str, ReportType] = {
    "FRI": ReportType("fixed"),
    "ERI": ReportType("extended"),
    "RTL": _numbered(),
    "DOG": _numbered(),
    "DIS": _numbered(),
    "IOB": _numbered(),
    "LBC": ReportType(before=("phone",)),
    "PNR": ReportType(before=("mode",)),
    "PFR": ReportType(before=("mode",)),
    "IGL": _numbered(),
    "AIS": _numbered(),
    "NMR": _numbered({1: "movement"}),
    "SOS": _numbered(_any("sos")),
    "TOW": _numbered(_any("towing")),
    "SPD": _numbered(_any("overspeed")),
    "HBM": _numbered(_HARSH),
    "HBE": _numbered(_HARSH),
    "GEO": _numbered(_FENCE),
    "PNL": _numbered(_any("power_on")),
    "GIN": ReportType(before=("fence", "-", "-"), alarms=_any("geofence_enter")),
    "GOT": ReportType(before=("fence", "-", "-"), alarms=_any("geofence_exit")),
    "EPS": _numbered(_any("low_power")),
    "TEM": ReportType(before=("event", "temp"), alarms=_any("temperature")),
    "TMP": ReportType(before=("event", "temp", "-"), alarms=_any("temperature")),
    "MPN": ReportType(alarms=_any("power_restored"), attributes=(("externalPower", True),)),
    "MPF": ReportType(alarms=_any("power_cut"), attributes=(("externalPower", False),)),
    "EPN": ReportType(alarms=_any("power_restored"), attributes=(("externalPower", True),)),
    "EPF": ReportType(alarms=_any("power_cut"), attributes=(("externalPower", False),)),
    "BPL": ReportType(before=("battery_v",), alarms=_any("low_battery")),
    "BTC": ReportType(attributes=(("charging", True),)),
    "STC": ReportType(attributes=(("charging", False),)),
    "STT": ReportType(before=("state",)),
    "PNA": ReportType(alarms=_any("power_on")),
    "PFA": ReportType(alarms=_any("power_off")),
    "IGN": _ignition(on=True),
    "IGF": _ignition(on=False),
    "VGN": _ignition(on=True),
    "VGF": _ignition(on=False),
    "IDN": ReportType(alarms=_any("idling"), attributes=(("idling", True),)),
    "IDF": ReportType(before=("idling_s",), attributes=(("idling", False),)),
    "STR": ReportType(before=_LOCATION_TRACK, attributes=(("motion", True),)),
    "CTN": ReportType(before=_LOCATION_TRACK, attributes=(("motion", True),)),
    "STP": ReportType(before=_LOCATION_TRACK, attributes=(("motion", False),)),
    "LSP": ReportType(before=_LOCATION_TRACK, attributes=(("motion", False),)),
    "GSS": ReportType(before=("gnss", "satellites", "state", "-")),
    "ANT": ReportType(before=("antenna",), alarms=_any("antenna_cut")),
    "JDR": ReportType(alarms=_any("jamming"), attributes=(("jamming", True),)),
    "JDS": ReportType(before=("event", "network"), alarms={2: "jamming"}),
    "GPJ": ReportType(before=("event",), alarms={3: "jamming"}),
    "CRA": ReportType(before=("crash",), alarms=_any("crash")),
    "FLA": ReportType(before=("event",), alarms=_any("fuel_leak")),
    "RMD": ReportType(before=("roaming",)),
    "LSW": ReportType(before=("-", "event")),
    "TSW": ReportType(before=("-", "event"), alarms={1: "tampering"}),
    "SWG": ReportType(before=("event",)),
    "DAR": ReportType(before=("event", "-", "-", "-")),
    "IDA": ReportType(before=("driver", "authorized", "-"), after=("mileage",)),
    "GES": ReportType(before=("fence", "-", "-", "-", "-", "-")),
    "DAT": ReportType(before=("data",)),
    "DTT": ReportType(before=("data",), plain=("-", "-", "-", "-", "data")),
    "BAA": ReportType("accessory"),
    "BID": ReportType("accessory"),
    "CAN": ReportType("can"),
    "CVN": ReportType("can"),
    "OBD": ReportType("obd"),
    "OPN": ReportType(attributes=(("obd:connected", True),)),
    "OPF": ReportType(attributes=(("obd:connected", False),)),
    "INF": ReportType(plain=_INFORMATION),
    "CID": ReportType(plain=("iccid",)),
    "CSQ": ReportType(plain=("gsm", "-")),
    "VER": ReportType(plain=("model", "firmware", "hardware", "-", "-")),
    "BAT": ReportType(plain=("external", "supply_mv", "battery_pct", "battery_v", "charging", "-")),
    "IOS": ReportType(plain=("ain1", "ain2", "ain3", "inputs", "outputs")),
    "TMZ": ReportType(plain=("zone", "-")),
    "TRI": ReportType(before=("-", "-", "battery_pct")),
}
"""Report type -> how it is read. What is not here is read with its fix alone."""

PREFIX_FIELDS: Mapping[str, int] = {
    **dict.fromkeys(("IGN", "IGF", "VGN", "VGF", "STT", "BPL", "SWG"), 1),
    **dict.fromkeys(("MPN", "MPF", "BTC", "JDR"), 0),
    "ERI": 4,
}
"""How many fields stand before the accuracy where no fix shows it; three otherwise."""
