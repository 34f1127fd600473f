"""Commands that Cellocator units understand.

Source: "Cellocator Wireless Communication Protocol" 4.1.8, "Generic command (type 0)".
"""

from struct import Struct

from milepost.domain.command import OutputOff, OutputOn, PositionNow
from milepost.errors import InvalidInput
from milepost.protocols.cellocator.frame import written
from milepost.protocols.commands import Order, Writers

_GENERIC = 0
_STATUS_REQUEST, _OUTPUT_CHANGE = 0x00, 0x03
_CONTENT = Struct("<B4xBBBBBB4x")
_UNIT_ID_MASK = 0xFFFF_FFFF


def _sent(code: int, data: int, order: Order) -> bytes:
    """Numerator, authentication code 0, then code and two data fields, each of them twice."""
    text = order.unique_id
    if not (text.isascii() and text.isdigit()):
        raise InvalidInput("uniqueId", text, "a unit id, digits only")
    unit_id = int(text) & _UNIT_ID_MASK
    content = _CONTENT.pack(order.number & 0xFF, code, code, data, data, 0, 0)
    return written(_GENERIC, unit_id, content)


def _position_now(command: PositionNow, order: Order) -> bytes:
    del command
    return _sent(_STATUS_REQUEST, 0, order)


def _output(command: OutputOn | OutputOff, order: Order) -> bytes:
    """The output's index in the lower half byte, its new state in the upper one."""
    state = 1 if isinstance(command, OutputOn) else 0
    return _sent(_OUTPUT_CHANGE, state << 4 | command.output, order)


COMMANDS: Writers = {PositionNow: _position_now, OutputOn: _output, OutputOff: _output}
