"""The custom fields of a report, which the device's AT$FORM names: `%MV%BV%SA`.

In binary each has its width, and texts end in a zero byte; in text commas separate them.

Source: "SP Protocol Document" 1.5.2 and "AP Protocol Document" 1.3.8, AT$FORM; captured frames.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import groupby
from struct import Struct

import msgspec

from milepost.errors import ProtocolError
from milepost.protocols.atrack.frame import PROTOCOL_NAME
from milepost.protocols.wire.elements import Put, attribute, field, flag, signal
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report

FORM_MARK = "%CI"
_FORM_KEY, BEACON_KEY, _LINK_KEY = "CI", "BC", "GL"
_TEXT_END = "\x1a"
_MOST_FIELDS = 128
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}

NUMBERS: Mapping[str, tuple[int, Put]] = {
    "SA": (1, field("satellites")),
    "MV": (2, field("battery_v", 0.1)),
    "BV": (2, attribute("trackerBatteryV", 0.1)),
    "GQ": (1, attribute("gsmSignal")),
    "GS": (1, attribute("custom:GS")),
    "CE": (4, attribute("cellId")),
    "LC": (2, attribute("areaCode")),
    "CN": (4, attribute("operator")),
    "RL": (1, attribute("custom:RL")),
    "PC": (4, attribute("counter1")),
    "AT": (4, field("altitude_m", signed_bits=32)),
    "RP": (2, field("engine_rpm")),
    "DT": (1, flag("archive")),
    "MF": (2, signal("Powertrain.CombustionEngine.MAF", 0.01)),
    "EL": (1, field("engine_load_pct", highest=100)),
    "TR": (1, field("throttle_pct", highest=100)),
    "ET": (2, field("coolant_temp_c", signed_bits=16)),
    "FL": (1, field("fuel_level_pct", highest=100)),
    "ML": (1, signal("OBD.Status.IsMILOn")),
    "FC": (4, field("fuel_used_l", 0.1)),
    "AV1": (2, attribute("ain1V", 0.001)),
    "AV2": (2, attribute("ain2V", 0.001)),
    "AV3": (2, attribute("ain3V", 0.001)),
    "AV4": (2, attribute("ain4V", 0.001)),
    "SM": (2, attribute("maxSpeedKmh")),
    "PD": (1, attribute("custom:PD")),
    "CM": (8, attribute("imsi")),
    "ME": (8, attribute("imei")),
    "IA": (1, signal("OBD.IntakeTemp", signed_bits=8)),
    "MP": (1, signal("Powertrain.CombustionEngine.MAP")),
    "EO": (4, attribute("custom:EO")),
    "EH": (4, attribute("custom:EH")),
    "HA": (1, attribute("custom:HA")),
    "HB": (1, attribute("custom:HB")),
    "HC": (1, attribute("custom:HC")),
    "IN0": (1, attribute("custom:IN0")),
    "MT": (1, flag("motion")),
}
"""Field -> its bytes in binary, and where the number goes."""

_TEXT_NUMBERS: Mapping[str, Put] = {
    **{key: put for key, (_, put) in NUMBERS.items()},
    "VS": signal("Speed"),
}

_TEXTS: Mapping[str, str] = {
    "VN": "vin",
    "CD": "iccid",
    "NC": "network",
    "MA": "custom:MA",
    _LINK_KEY: "custom:GL",
}

_BLOCKS: Mapping[str, int] = {"GN": 60, "GV": 6}
"""Field -> its bytes; text writes them in hex: accelerations along X, Y and Z in mg."""


@lru_cache(maxsize=256)
def fields_of(form: str) -> tuple[str, ...]:
    """The names of a form's fields.

    Raises:
        ProtocolError: there are more than any device has.
    """
    names = tuple(name.strip() for name in form.split("%") if name.strip())
    if len(names) > _MOST_FIELDS:
        raise ProtocolError(PROTOCOL_NAME, f"a form of {len(names)} custom fields")
    return tuple(name for name in names if name != _FORM_KEY)


class _Step(msgspec.Struct, frozen=True):
    """A run of numbers that are unpacked at once; or, without `puts`, one text or block."""

    name: str
    width: int
    numbers: Struct | None = None
    puts: tuple[Put, ...] = ()


@lru_cache(maxsize=256)
def _steps_of(form: str) -> tuple[tuple[_Step, ...], str]:
    """How a form is read in binary, up to its first field of unknown width, whose name follows."""
    steps: list[_Step] = []
    names = fields_of(form)
    for is_number, group in groupby(names, NUMBERS.__contains__):
        run = tuple(group)
        if is_number:
            numbers = Struct(">" + "".join(_CODES[NUMBERS[name][0]] for name in run))
            puts = tuple(NUMBERS[name][1] for name in run)
            steps.append(_Step(run[0], numbers.size, numbers, puts))
            continue
        for name in run:
            if name not in _BLOCKS and name not in _TEXTS and name != BEACON_KEY:
                return tuple(steps), name
            steps.append(_Step(name, _BLOCKS.get(name, 0)))
    return tuple(steps), ""


def read_binary(report: Report, form: str, data: bytes, offset: int) -> tuple[int, str]:
    """Reads the fields from `offset` on: where they end, and the first that has no known width.

    Raises:
        ProtocolError: the data end before the fields do.
    """
    steps, unknown = _steps_of(form)
    for step in steps:
        if step.numbers is not None:
            end = _within(data, offset + step.width, step.name)
            for put, number in zip(step.puts, step.numbers.unpack_from(data, offset), strict=True):
                put(report, number)
        elif step.width:
            end = _within(data, offset + step.width, step.name)
            _put_block(report, step.name, data[offset:end])
        else:
            end = _within(data, data.find(b"\0", offset) + 1 or len(data) + 1, step.name)
            _put_text(report, step.name, data[offset : end - 1].decode("latin-1"))
        offset = end
    _put_cell(report)
    return offset, unknown


def _within(data: bytes, end: int, name: str) -> int:
    if end > len(data):
        raise ProtocolError(PROTOCOL_NAME, f"the report ends within the field %{name}")
    return end


def read_text(report: Report, form: str, values: list[str]) -> None:
    """Reads the fields of a text report; what is no number where one is due stays as it is."""
    at = 0
    for name in fields_of(form):
        if at >= len(values):
            break
        value, at = _value(name, values, at)
        put = _TEXT_NUMBERS.get(name)
        number = _number(value) if put is not None else None
        if put is not None and number is not None:
            put(report, number)
        elif name in _BLOCKS and _is_hex(value):
            _put_block(report, name, bytes.fromhex(value))
        elif value:
            _put_text(report, name, value)
    _put_cell(report)


def _value(name: str, values: list[str], at: int) -> tuple[str, int]:
    """The next value; a link has a comma in it and ends in 1A."""
    following = at + 1
    if name == _LINK_KEY:
        while following < len(values) and not values[following - 1].endswith(_TEXT_END):
            following += 1
    text = ",".join(values[at:following])
    return text.rstrip(_TEXT_END).strip(), following


def _number(text: str) -> int | None:
    sign = text[:1] == "-"
    digits = text[1:] if sign else text
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        return None
    return -int(digits) if sign else int(digits)


def _is_hex(text: str) -> bool:
    try:
        bytes.fromhex(text)
    except ValueError:
        return False
    return True


def _put_text(report: Report, name: str, text: str) -> None:
    if text:
        report.attributes[_TEXTS.get(name, f"custom:{name}")] = text


def _put_block(report: Report, name: str, data: bytes) -> None:
    axes = [
        int.from_bytes(data[at : at + 2], "big", signed=True) for at in range(0, len(data) - 1, 2)
    ]
    if name == "GV" and len(axes) == 3:
        for axis, value in zip("XYZ", axes, strict=True):
            report.attributes[f"axis{axis}Mg"] = str(value)
    elif any(axes):
        triples = (axes[at : at + 3] for at in range(0, len(axes), 3))
        text = " ".join(",".join(map(str, triple)) for triple in triples)
        report.attributes["accelerations"] = text


def _put_cell(report: Report) -> None:
    """Operator (MCC and three digits of MNC), area and cell as one."""
    attributes = report.attributes
    if "cellId" not in attributes:
        return
    operator, cell = int(attributes.get("operator", 0)), int(attributes.get("cellId", 0))
    if operator and cell:
        area = int(attributes.get("areaCode", 0))
        attributes["cells"] = cell_text(operator // 1000, operator % 1000, area, cell)
