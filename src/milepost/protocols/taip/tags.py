"""The tags that Syrus puts behind an event: `IO=300`, `SV=8`, `CF=8161,C,13`.

Source: Digital Communications Technologies on Syrus, extended event tags; captured frames.
"""

from collections.abc import Callable, Mapping, Sequence

from milepost.errors import ProtocolError
from milepost.protocols.taip.frame import FIELDS, PROTOCOL_NAME
from milepost.protocols.wire.report import Report

_IGNITION, _SUPPLY = 0b01, 0b10


def put_tags(tags: Sequence[str], report: Report) -> None:
    """Put each tag where it belongs; what nobody explained stays as `tag:NAME`.

    Raises:
        ProtocolError: a value that is not what it has to be.
    """
    for tag in tags:
        name, equals, value = tag.partition("=")
        put = _TAGS.get(name)
        if put is not None and value:
            put(value, report)
        elif equals:
            report.note(f"tag:{name}", value)
        else:
            report.note("extra", tag)


def _count(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ProtocolError(PROTOCOL_NAME, f"{name}: digits are due, {text!r} came")
    return FIELDS.whole(name, text)


def _satellites(text: str, report: Report) -> None:
    report.fields["satellites"] = _count("SV", text)


def _inputs_outputs(text: str, report: Report) -> None:
    """First digit: ignition and supply; the others: inputs and outputs."""
    bits = FIELDS.whole("IO", text[:1], 16)
    report.fields["ignition"] = bool(bits & _IGNITION)
    report.note("externalPower", bool(bits & _SUPPLY))
    for name, digit in zip(("inputs", "outputs"), text[1:3], strict=False):
        report.note(name, FIELDS.whole("IO", digit, 16))


def _battery(text: str, report: Report) -> None:
    report.note("trackerBatteryV", _count("BL", text) / 1000)


def _supply(text: str, report: Report) -> None:
    report.fields["battery_v"] = _count("AD", text) / 1000


def _odometer(text: str, report: Report) -> None:
    report.fields["odometer_m"] = float(_count("VO", text))


def _altitude(text: str, report: Report) -> None:
    report.motion(None, None, FIELDS.number("AL", text))


def _cell(text: str, report: Report) -> None:
    """Cell and area in hex, strength."""
    cell, area, strength, *_ = (*text.split(","), "", "")
    if cell.strip("0") and area:
        report.note("cellId", FIELDS.whole("CF", cell, 16))
        report.note("areaCode", FIELDS.whole("CF", area, 16))
    report.note("gsmSignal", strength)


def _driver(text: str, report: Report) -> None:
    report.note("driverUniqueId", text)


_TAGS: Mapping[str, Callable[[str, Report], None]] = {
    "SV": _satellites,
    "IO": _inputs_outputs,
    "BL": _battery,
    "AD": _supply,
    "VO": _odometer,
    "AL": _altitude,
    "CF": _cell,
    "IB": _driver,
}
