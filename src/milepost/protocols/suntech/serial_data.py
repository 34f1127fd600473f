"""What devices at the serial port said (UEX): card readers, fuel sensors, texts.

Source: Suntech "ST300/340 Operation Manual" 1.41, 6-8 (00 is sent as 01 10, 01 as 01 11); captured
reports.
"""

import re

from milepost.protocols.suntech.fields import read_driver
from milepost.protocols.wire.report import Report

_CARD_READER = "GTSL|"
_CAB = re.compile(r'CabAVL"CabMensaje,[^,]*,(-?\d{1,6}(?:\.\d+)?),(-?\d{1,6}(?:\.\d+)?),')
_LEVEL = re.compile(r"([tN])_(\d)=([0-9A-Fa-f]{1,4})")


def read_serial_data(report: Report, data: str) -> None:
    """The text, and what is understood of it."""
    data = data.replace("\x01\x10", "\0").replace("\x01\x11", "\x01")
    text = data.strip("\r\n\0")
    report.attributes["serial"] = text if text.isprintable() else data.encode("latin-1").hex()
    if text.startswith(_CARD_READER):
        _read_card(report, text)
    elif "_0=" in text:
        _read_levels(report, text)
    else:
        _read_cab(report, text)


def _read_card(report: Report, text: str) -> None:
    """`GTSL|6|1|0|card|1|`: the fifth field is the driver's card."""
    fields = text.split("|")
    if len(fields) > 4:
        read_driver(report, fields[4])


def _read_levels(report: Report, text: str) -> None:
    """`t_0=1C;N_0=0419.0`: temperature and level of each sensor in hex."""
    for kind, sensor, digits in _LEVEL.findall(text):
        value, place = int(digits, 16), int(sensor) + 1
        if kind == "N":
            report.note(f"fuelSensor{place}", value)
        else:
            report.note(f"fuelSensor{place}TempC", value - 256 if value > 127 else value)


def _read_cab(report: Report, text: str) -> None:
    """Two fuel sensors; one that is not there has a negative level."""
    match = _CAB.search(text)
    if match is None:
        return
    for sensor, level in enumerate(match.groups(), 1):
        if not level.startswith("-"):
            report.note(f"fuelSensor{sensor}", float(level))
