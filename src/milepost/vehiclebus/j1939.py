"""J1939 identifiers and parameter groups.

Source: SAE J1939-21, section 5.1 (29-bit identifiers) and 5.10 (transport); J1939-71 (contents);
J1939-73 (trouble codes).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from milepost.errors import ProtocolError
from milepost.vehiclebus import faults, spn
from milepost.vehiclebus.obd_identity import printable
from milepost.vehiclebus.pgns_chassis import PGNS as _CHASSIS
from milepost.vehiclebus.pgns_engine import PGNS as _ENGINE
from milepost.vehiclebus.pgns_vehicle import PGNS as _VEHICLE
from milepost.vehiclebus.reading import Reading
from milepost.vehiclebus.spn import PROTOCOL, Pgn

BROADCAST = 0xFF
_ID_BITS = 29
_VIN_CHARACTERS = 17
# Below this PDU format the second byte of a group is the destination (PDU1).
_PDU2 = 0xF0

PGNS: Mapping[int, Pgn] = {
    0xE800: Pgn("ACKM", "acknowledgement"),
    0xEA00: Pgn("RQST", "request"),
    0xEB00: Pgn("TP.DT", "transport: data"),
    0xEC00: Pgn("TP.CM", "transport: connection"),
    0xEE00: Pgn("AC", "address claimed"),
    0xEF00: Pgn("PropA", "maker's own"),
    0xFD92: Pgn("EOI", "engine operating information"),
    0xFD94: Pgn("EEC7", "electronic engine controller 7"),
    0xFDA3: Pgn("EEC6", "electronic engine controller 6"),
    0xFDD0: Pgn("IC2", "intake and exhaust conditions 2"),
    0xFE92: Pgn("EI1", "engine information 1"),
    **_ENGINE,
    **_VEHICLE,
    **_CHASSIS,
}


class Identifier(NamedTuple):
    """What a 29-bit identifier says; `destination` is 255 for all."""

    priority: int
    pgn: int
    source: int
    destination: int = BROADCAST

    @property
    def can_id(self) -> int:
        """The 29 bits.

        Raises:
            ProtocolError: a part is out of its range, or a PDU2 group is sent to one address.
        """
        is_pdu1 = self.pgn >> 8 & 0xFF < _PDU2
        _check("priority", self.priority, 7)
        _check("group", self.pgn, 0x3FFFF)
        _check("source", self.source, 0xFF)
        _check("destination", self.destination, 0xFF)
        if self.pgn & 0xFF and is_pdu1:
            raise ProtocolError(PROTOCOL, f"PGN {self.pgn:05X} holds a destination")
        if self.destination != BROADCAST and not is_pdu1:
            raise ProtocolError(PROTOCOL, f"PGN {self.pgn:05X} goes to all, not to one")
        low = self.destination if is_pdu1 else 0
        return self.priority << 26 | (self.pgn | low) << 8 | self.source


def parse_id(can_id: int) -> Identifier:
    """Priority, group, source and destination of a 29-bit identifier.

    Raises:
        ProtocolError: it has more than 29 bits.
    """
    if not 0 <= can_id < 1 << _ID_BITS:
        raise ProtocolError(PROTOCOL, f"identifier {can_id:X} has more than 29 bits")
    pgn = can_id >> 8 & 0x3FFFF
    destination = BROADCAST
    if pgn >> 8 & 0xFF < _PDU2:
        destination = pgn & 0xFF
        pgn &= 0x3FF00
    return Identifier(can_id >> 26, pgn, can_id & 0xFF, destination)


def _check(part: str, value: int, most: int) -> None:
    if not 0 <= value <= most:
        raise ProtocolError(PROTOCOL, f"{part} {value} is not in 0 to {most}")


def read_pgn(pgn: int, data: bytes) -> tuple[Reading, ...]:
    """What a parameter group says; nothing if the group is not in the tables.

    Args:
        pgn: the group's number, 18 bits.
        data: its content, reassembled if it is longer than 8 bytes.

    Raises:
        ProtocolError: the content is too short to be this group.
    """
    reader = _READERS.get(pgn)
    if reader is not None:
        return reader(data)
    group = PGNS.get(pgn)
    return () if group is None else spn.read(group, data)


def label_of(pgn: int) -> str:
    """A group's short name, `PGN FEE3` if it has none here."""
    group = PGNS.get(pgn)
    return f"PGN {pgn:04X}" if group is None else group.label


def _texts(*names: tuple[int, str]) -> Callable[[bytes], tuple[Reading, ...]]:
    """A reader of texts that each end in an asterisk."""

    def read(data: bytes) -> tuple[Reading, ...]:
        fields = data.split(b"*")
        return tuple(
            Reading(f"SPN {number}", name, text=text)
            for (number, name), field in zip(names, fields, strict=False)
            if (text := printable(field))
        )

    return read


def _vin(data: bytes) -> tuple[Reading, ...]:
    """The VIN ends with an asterisk; of one that does not, with its 17th character."""
    text = printable(data.partition(b"*")[0][:_VIN_CHARACTERS])
    path = "Vehicle.VehicleIdentification.VIN"
    return (Reading("SPN 237", "VIN", path=path, text=text),) if text else ()


def _software(data: bytes) -> tuple[Reading, ...]:
    return _texts((234, "software"))(data[1:])


def _active_faults(data: bytes) -> tuple[Reading, ...]:
    return _faults(data, is_active=True)


def _earlier_faults(data: bytes) -> tuple[Reading, ...]:
    return _faults(data, is_active=False)


_FAULT_PATHS = ("Vehicle.Diagnostics.DTCCount", "Vehicle.Diagnostics.DTCList")


def _faults(data: bytes, *, is_active: bool) -> tuple[Reading, ...]:
    report = faults.read_faults(data)
    lamps = (
        Reading(f"SPN {lamp.spn}", lamp.name, float(lamp.is_on), text=lamp.flash)
        for lamp in report.lamps
        if lamp.is_on is not None
    )
    number, listed = _FAULT_PATHS if is_active else (None, None)
    codes = (
        Reading(f"SPN {fault.spn} FMI {fault.fmi}", "trouble code", path=listed, text=str(fault))
        for fault in report.faults
    )
    count = Reading("DM", "number of trouble codes", float(len(report.faults)), path=number)
    return (*lamps, count, *codes)


_READERS: Mapping[int, Callable[[bytes], tuple[Reading, ...]]] = {
    0xFE6B: _texts((1625, "driver 1"), (1626, "driver 2")),
    0xFECA: _active_faults,
    0xFECB: _earlier_faults,
    0xFEDA: _software,
    0xFEEB: _texts(
        (586, "make"),
        (587, "model"),
        (588, "serial number"),
        (233, "unit number"),
    ),
    0xFEEC: _vin,
}
