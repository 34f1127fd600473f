"""Item EB: a list of its own with two bytes of length and of identity; or cells, or a text.

Source: captured frames of BSJ (Boshijie) and of trackers built on it. In the words 0089 and C5 a
bit that is 0 says something.
"""

from collections.abc import Mapping

from milepost.protocols.jt808 import radio_items as radio
from milepost.protocols.jt808.readers import Read, digits, field, note, read_or_keep, text, text_of
from milepost.protocols.wire.report import Report

_ZONE = b"UTC"
_REMOVED_BIT, _VIBRATION_BIT, _MOTION_SHIFT = 12, 6, 23
_CELL_LAYOUTS: Mapping[int, Read] = {
    9: radio.read_narrow_cell,
    10: radio.read_narrow_cell,
    12: radio.read_listed_cell,
}


def read_extended(report: Report, content: bytes) -> None:
    """The list, if the lengths of its items fit; else cells; else a text.

    Raises:
        ProtocolError: none of them.
    """
    if content.startswith(_ZONE):
        report.attributes["timeZone"] = text_of(content)
        return
    items = _split(content)
    if items is None:
        radio.read_cells_of_network(report, content)
        return
    for item_id, item in items:
        _read_item(report, item_id, item)


def _split(content: bytes) -> list[tuple[int, bytes]] | None:
    """(identity, content) of all items; None if they do not end where the content does."""
    items: list[tuple[int, bytes]] = []
    at = 0
    while at + 4 <= len(content):
        length = int.from_bytes(content[at : at + 2], "big")
        if length < 2:
            return None
        item_id = int.from_bytes(content[at + 2 : at + 4], "big")
        items.append((item_id, content[at + 4 : at + 2 + length]))
        at += 2 + length
    return items if at == len(content) else None


def _read_item(report: Report, item_id: int, item: bytes) -> None:
    read = _SIZED.get((item_id, len(item))) or _ANY_SIZE.get(item_id)
    read_or_keep(read, report, item, f"item:eb:{item_id:04x}")


def _status(report: Report, content: bytes) -> None:
    """0089: bit 12 removed."""
    bits = int.from_bytes(content, "big")
    if not bits >> _REMOVED_BIT & 1:
        report.alarm("removing")
    report.attributes["item:eb:0089"] = content.hex()


def _second_status(report: Report, content: bytes) -> None:
    """00C5: bit 6 shaken; bits 23 and 24 together: it moves or stands."""
    bits = int.from_bytes(content, "big")
    if not bits >> _VIBRATION_BIT & 1:
        report.alarm("vibration")
    motion = bits >> _MOTION_SHIFT & 3
    if motion in (0, 3):
        report.note("motion", motion == 0)
    report.attributes["item:eb:00c5"] = content.hex()


def _cell(report: Report, content: bytes) -> None:
    layout = _CELL_LAYOUTS.get(len(content))
    if layout is None:
        report.attributes["item:eb:00d8"] = content.hex()
    else:
        layout(report, content)


def _written_sensor(report: Report, content: bytes) -> None:
    """0023: litres in the tank as text."""
    value = content.decode("latin-1").strip("\0 ")
    if not value.replace(".", "", 1).isdecimal() or not value.isascii():
        report.attributes["item:eb:0023"] = content.hex()
    else:
        report.note("fuelSensor2", float(value))


_SIZED: Mapping[tuple[int, int], Read] = {
    (0x0001, 2): note("fuelSensor1", 0.1),
    (0x002D, 2): note("trackerBatteryV", 0.001),
    (0x002D, 4): field("battery_v", 0.001),
    (0x0030, 1): note("gsmSignal"),
    (0x0031, 1): field("satellites"),
    (0x0089, 4): _status,
    (0x00A8, 1): note("trackerBatteryPct"),
    (0x00B2, 10): digits("iccid"),
    (0x00C5, 4): _second_status,
    (0x00CE, 2): field("battery_v", 0.01),
    (0x00E1, 1): note("trackerBatteryPct"),
}
_ANY_SIZE: Mapping[int, Read] = {
    0x0023: _written_sensor,
    0x00A3: text("firmware"),
    0x00B9: radio.read_written_stations,
    0x00D5: text("imei"),
    0x00D8: _cell,
    0x00FB: text("iccid"),
}
