"""Mode 09: VIN, calibrations, the control unit's name.

Source: SAE J1979 (ISO 15031-5), section 7.9 and annex G.
"""

from typing import NamedTuple

from milepost.errors import ProtocolError
from milepost.vehiclebus.pid import PROTOCOL
from milepost.vehiclebus.reading import Reading


class _Item(NamedTuple):
    """One kind of information: its items have this many bytes and are texts or numbers."""

    name: str
    size: int
    is_text: bool = True
    path: str | None = None


_ITEMS = {
    0x02: _Item("VIN", 17, path="Vehicle.VehicleIdentification.VIN"),
    0x04: _Item("calibration id", 16),
    0x06: _Item("calibration verification number", 4, is_text=False),
    0x08: _Item("monitor counter, spark ignition", 2, is_text=False),
    0x0A: _Item("control unit", 20),
    0x0B: _Item("monitor counter, compression ignition", 2, is_text=False),
    0x0D: _Item("engine serial number", 17),
    0x0F: _Item("exhaust approval number", 17),
}


def read_identity(_mode: int, body: bytes) -> tuple[Reading, ...]:
    """An answer of mode 09 without its first byte: type, number of items, items.

    Raises:
        ProtocolError: it is shorter than the items that it announces.
    """
    if len(body) < 2:
        raise ProtocolError(PROTOCOL, "mode 09 without content")
    kind = body[0]
    identity = f"INF {kind:02X}"
    item = _ITEMS.get(kind)
    if item is None:
        return (Reading(identity, "vehicle information", text=body[1:].hex().upper()),)
    count, content = body[1], body[2:]
    if len(content) < count * item.size:
        missing = f"{count} × {item.size} bytes announced, {len(content)} came"
        raise ProtocolError(PROTOCOL, f"{identity}: {missing}")
    cuts = (content[item.size * n : item.size * (n + 1)] for n in range(count))
    return tuple(_reading(identity, item, cut) for cut in cuts)


def _reading(identity: str, item: _Item, cut: bytes) -> Reading:
    text = printable(cut) if item.is_text else cut.hex().upper()
    return Reading(identity, item.name, path=item.path, text=text)


def printable(data: bytes) -> str:
    """The text in a field that is filled up with zeros, FF or spaces."""
    return data.strip(b"\0\xff ").decode("ascii", "replace")
