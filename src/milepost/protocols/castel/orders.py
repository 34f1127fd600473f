"""Commands to Castel devices: the petrol control of the CC protocol.

Source: Castel "MPIP protocol", 4583 petrol control.
"""

from milepost.domain.command import EngineResume, EngineStop
from milepost.errors import InvalidInput
from milepost.protocols.castel.codec import framed
from milepost.protocols.commands import Order, Writers

_PETROL_CONTROL = 0x4583
_VERSION = b"\x01"
_IDENTITY_BYTES = 20


def _petrol(order: Order, state: bytes) -> bytes:
    identity = order.unique_id.encode("ascii", "replace")
    if len(identity) > _IDENTITY_BYTES:
        raise InvalidInput("uniqueId", order.unique_id, f"up to {_IDENTITY_BYTES} characters")
    head = _VERSION + identity.ljust(_IDENTITY_BYTES, b"\0")
    return framed(b"@@", head, _PETROL_CONTROL, state)


def _engine_stop(_: EngineStop, order: Order) -> bytes:
    return _petrol(order, b"\x01")


def _engine_resume(_: EngineResume, order: Order) -> bytes:
    return _petrol(order, b"\x00")


COMMANDS: Writers = {EngineStop: _engine_stop, EngineResume: _engine_resume}
