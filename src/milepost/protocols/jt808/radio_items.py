"""Cells and Wi-Fi stations in the many layouts of the makers.

Source: captured frames; a layout is told by the item's identity and length.
"""

import re
from struct import Struct

from milepost.errors import ProtocolError
from milepost.protocols.jt808.frames import PROTOCOL_NAME
from milepost.protocols.jt808.readers import Read
from milepost.protocols.wire.bits import signed
from milepost.protocols.wire.radio import cell_text, joined, station_text
from milepost.protocols.wire.report import Report

_COUNTED_SHORT = Struct(">HBHHb")
_COUNTED_LONG = Struct(">HBHIb")
_COUNTED = {layout.size: layout for layout in (_COUNTED_SHORT, _COUNTED_LONG)}
_STATION_BYTES = 7
_STRONGEST_DBM = -20
_ADDRESS = re.compile("(?:[0-9a-fA-F]{2}:?){6}")
_LEVEL = re.compile("-?[0-9]{1,3}")
_SAME_COUNTRY = Struct(">BHIH")
_SAME_NETWORK = Struct(">HHb")
_WIDE = Struct(">HHII")
_NARROW = Struct(">HBHIb")
_LISTED = Struct(">HHBHIb")


def _wrong(what: str, content: bytes) -> ProtocolError:
    return ProtocolError(PROTOCOL_NAME, f"{len(content)} bytes are no {what}")


def _strength(value: int) -> int | None:
    """What can be dBm; else it counts in steps that each maker has its own of."""
    return value if value < _STRONGEST_DBM else None


def add_cells(report: Report, cells: list[str]) -> None:
    """Keep the cells beside those of other items."""
    known = report.attributes.get("cells")
    if cells:
        report.attributes["cells"] = joined([known, *cells] if known else cells)


def _add_stations(report: Report, stations: list[str]) -> None:
    known = report.attributes.get("wifi")
    if stations:
        report.attributes["wifi"] = joined([known, *stations] if known else stations)


def read_counted_cells(report: Report, content: bytes) -> None:
    """A count, then MCC, MNC (1 byte), area, cell (2 or 4 bytes), strength (53, 5D)."""
    count = content[0] if content else 0
    if count == 0:
        return
    layout = _COUNTED.get((len(content) - 1) // count)
    if layout is None or len(content) != 1 + count * layout.size:
        raise _wrong("list of cells", content)
    cells = [(*each[:4], _strength(each[4])) for each in layout.iter_unpack(content[1:])]
    add_cells(report, [cell_text(*cell) for cell in cells if cell[0]])


def read_cells_of_country(report: Report, content: bytes) -> None:
    """MCC, then strength, MNC, cell, area of each (66)."""
    if len(content) < 11 or (len(content) - 2) % _SAME_COUNTRY.size:
        raise _wrong("list of cells", content)
    country = int.from_bytes(content[:2], "big")
    found = _SAME_COUNTRY.iter_unpack(content[2:])
    add_cells(report, [cell_text(country, mnc, area, cell) for _, mnc, cell, area in found if cell])


def read_cells_of_network(report: Report, content: bytes) -> None:
    """MCC, MNC (1 byte), then area, cell, strength of each; unused ones are 0 (EB)."""
    if len(content) < 8 or (len(content) - 3) % _SAME_NETWORK.size:
        raise _wrong("list of cells", content)
    country, network = int.from_bytes(content[:2], "big"), content[2]
    found = _SAME_NETWORK.iter_unpack(content[3:])
    cells = [cell_text(country, network, area, cell) for area, cell, _ in found if area or cell]
    add_cells(report, cells)


def read_wide_cell(report: Report, content: bytes) -> None:
    """MCC, MNC (2 bytes), area and cell (4 bytes each) (FF)."""
    country, network, area, cell = _WIDE.unpack(content)
    add_cells(report, [cell_text(country, network, area, cell)])


def read_narrow_cell(report: Report, content: bytes) -> None:
    """MCC, MNC (1 byte), area (2 bytes), cell (4 bytes), strength if it is there (EE, D8 of EB)."""
    country, network, area, cell, strength = _NARROW.unpack(content.ljust(_NARROW.size, b"\0"))
    add_cells(report, [cell_text(country, network, area, cell, _strength(strength))])


def read_listed_cell(report: Report, content: bytes) -> None:
    """MCC, MNC (2 bytes), a count, area, cell (4 bytes), strength of the first (D8 of EB)."""
    country, network, _, area, cell, strength = _LISTED.unpack(content)
    add_cells(report, [cell_text(country, network, area, cell, _strength(strength))])


def stations(skipped_bytes: int) -> Read:
    """Hardware address and strength of each, after a count or at once (50, 54, EC, F4)."""

    def read(report: Report, content: bytes) -> None:
        listed = content[skipped_bytes:]
        if not listed and not any(content):
            return
        if not listed or len(listed) % _STATION_BYTES:
            raise _wrong("list of stations", content)
        _add_stations(
            report,
            [
                station_text(listed[at : at + 6], _strength(signed(listed[at + 6], 8)))
                for at in range(0, len(listed), _STATION_BYTES)
                if any(listed[at : at + 6])
            ],
        )

    return read


def read_written_stations(report: Report, content: bytes) -> None:
    """A count, then `address,strength` as text, separated by commas (B9 of EB)."""
    parts = content[1:].decode("latin-1").split(",")
    pairs = zip(parts[::2], parts[1::2], strict=False)
    _add_stations(report, [_written_station(address, level) for address, level in pairs])


def _written_station(address: str, level: str) -> str:
    if not _ADDRESS.fullmatch(address.strip()) or not _LEVEL.fullmatch(level.strip(" \0")):
        raise ProtocolError(PROTOCOL_NAME, f"no station: {address!r}, {level!r}")
    return station_text(address.strip(), int(level.strip(" \0")))
