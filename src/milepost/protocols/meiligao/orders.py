"""Commands to Meiligao devices.

Source: "Meiligao GPRS Communication Protocol" V2.1, section III: 4101, 4102, 4115, 4902.
"""

from milepost.domain.command import (
    EngineResume,
    EngineStop,
    Interval,
    PositionNow,
    Reboot,
)
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers
from milepost.protocols.meiligao.frame import framed

_POSITION, _INTERVAL, _OUTPUT, _REBOOT = 0x4101, 0x4102, 0x4115, 0x4902
_INTERVAL_STEP_S = 10


def _written(order: Order, code: int, data: bytes = b"") -> bytes:
    if not (order.unique_id.isascii() and order.unique_id.isdecimal()):
        raise InvalidInput("uniqueId", order.unique_id, "digits")
    return framed(order.unique_id, code, data)


def _engine_stop(command: EngineStop, order: Order) -> bytes:
    del command
    return _written(order, _OUTPUT, b"\x01")


def _engine_resume(command: EngineResume, order: Order) -> bytes:
    del command
    return _written(order, _OUTPUT, b"\x00")


def _position_now(command: PositionNow, order: Order) -> bytes:
    del command
    return _written(order, _POSITION)


def _interval(command: Interval, order: Order) -> bytes:
    """In steps of ten seconds; 0 would stop the reports."""
    steps = max(1, command.interval_s // _INTERVAL_STEP_S)
    return _written(order, _INTERVAL, steps.to_bytes(2, "big"))


def _reboot(command: Reboot, order: Order) -> bytes:
    del command
    return _written(order, _REBOOT)


COMMANDS: Writers = {
    EngineStop: _engine_stop,
    EngineResume: _engine_resume,
    PositionNow: _position_now,
    Interval: _interval,
    Reboot: _reboot,
}
