"""What Teltonika's AVL elements mean: the id's place in a position, its unit and its sign.

Source: Teltonika wiki, "FMB120 Teltonika Data Sending Parameters ID" and its like of the FMC and
FMM families; a few ids of the FMB6 family.
"""

from collections.abc import Mapping

from milepost.protocols.teltonika.bus_elements import CAN, OBD
from milepost.protocols.teltonika.element import Element, TextElement
from milepost.protocols.teltonika.io_elements import (
    EVENTUAL,
    GEOFENCES,
    OF_WIDTH,
    PERMANENT,
    SENSORS,
)
from milepost.protocols.teltonika.widths import WIDTH_OF

OPERATOR, AREA, CELL_2G, CELL_LTE = 241, 206, 205, 636
"""Elements that make a cell together."""

ELEMENTS: Mapping[int, Element] = {**PERMANENT, **EVENTUAL, **SENSORS, **OBD, **CAN}
"""The numeric elements, by AVL id; of several for one field the last wins."""

_EIGHT_BYTES = 8


def element_of(element_id: int, width_bytes: int) -> Element | None:
    """The numeric element; None for a text, an identity, a wrong length or an unexplained id."""
    if width_bytes == _EIGHT_BYTES and element_id in TEXT_ELEMENTS:
        return None
    if (element_id, width_bytes) in OF_WIDTH:
        return OF_WIDTH[element_id, width_bytes]
    if WIDTH_OF.get(element_id, width_bytes) != width_bytes:
        return None
    return ELEMENTS.get(element_id)


TEXT_ELEMENTS: Mapping[int, TextElement] = {
    78: TextElement("driverUniqueId", "key"),
    207: TextElement("driverUniqueId", "key"),
    238: TextElement("driverUniqueId", "key"),
    406: TextElement("driverUniqueId", "text"),
    403: TextElement("driverName", "text"),
    76: TextElement("temp1Id", "key"),
    77: TextElement("temp2Id", "key"),
    79: TextElement("temp3Id", "key"),
    71: TextElement("temp4Id", "key"),
    101: TextElement("canModuleId", "key"),
    388: TextElement("canModuleId", "hex"),
    256: TextElement("vin", "text"),
    325: TextElement("vin", "text"),
    233: TextElement("vin1", "text"),
    234: TextElement("vin2", "text"),
    235: TextElement("vin3", "text"),
    147: TextElement("driver1Card", "text"),
    148: TextElement("driver1Card", "text"),
    149: TextElement("driver2Card", "text"),
    150: TextElement("driver2Card", "text"),
    257: TextElement("crashData", "hex"),
    264: TextElement("barcode", "text"),
    281: TextElement("dtcs", "text"),
    282: TextElement("dtcs", "text"),
    331: TextElement("custom1", "hex"),
    332: TextElement("custom2", "hex"),
    333: TextElement("custom3", "hex"),
    334: TextElement("custom4", "hex"),
    387: TextElement("iso6709", "text"),
    501: TextElement("registrationNumber", "text"),
}
"""Elements of eight bytes or any length whose value is an identity or a text.

Two parts of one text (a tachograph card's number) follow each other.
"""

_ZONE = {0: "geofence_exit", 1: "geofence_enter", 3: "overspeed"}

EVENT_ALARMS: Mapping[int, Mapping[int, str]] = {
    **dict.fromkeys(GEOFENCES, _ZONE),
    175: _ZONE,
    236: {1: "sos"},
    246: {1: "towing"},
    247: dict.fromkeys(range(1, 7), "crash"),
    249: {1: "jamming"},
    251: {1: "idling"},
    252: {0: "power_restored", 1: "power_cut"},
    253: {1: "harsh_acceleration", 2: "harsh_braking", 3: "harsh_cornering"},
    255: dict.fromkeys(range(1, 256), "overspeed"),
    1412: {1: "fall"},
    318: {1: "jamming", 2: "jamming"},
}
"""Event element -> its value -> our alarm, raised by the record that the event made."""
