"""Names that devices can have on the wire."""

import hashlib
from collections.abc import Iterable

from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import DeviceProtocol, Transport
from milepost.simulator.rehearsal import rehearse

_PROBE = Position(1_700_000_000_000, 1.0, 1.0)


def wire_identities(
    vehicles: Iterable[str], protocol: DeviceProtocol, transport: Transport
) -> dict[str, str]:
    """{vehicle: unique id}: the vehicle's own name where the protocol can carry it.

    Where it cannot (GT06 and Teltonika carry IMEIs) a number of 15 digits is derived from the
    name, always the same.
    """
    return {vehicle: _identity(vehicle, protocol, transport) for vehicle in vehicles}


def _identity(vehicle: str, protocol: DeviceProtocol, transport: Transport) -> str:
    try:
        seen = rehearse(protocol, transport, vehicle, (_PROBE,)).unique_id
    except (ProtocolError, ValueError, IndexError):
        seen = None
    if seen == vehicle:
        return vehicle
    digest = int.from_bytes(hashlib.sha256(vehicle.encode()).digest()[:8], "big")
    return f"99{digest % 10**13:013d}"
