"""Commands of JT/T 808.

Source: JT/T 808-2019, 8.9 (8103), 8.14 (8105), 8.19 (8201), 8.24 (8300), table 12 (parameters 0029
and 0080). F0 and F1 of 8105 and 8900 are makers' own: BSJ and Jimi (JC371).
"""

import re
from struct import Struct

from milepost.domain.command import (
    CustomText,
    EngineResume,
    EngineStop,
    Interval,
    PositionNow,
    Reboot,
    SetOdometer,
)
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, Writers
from milepost.protocols.jt808.frames import Header, frame_of, written
from milepost.protocols.jt808.identity import header_for

MODEL_TEXT = "the maker's model where it changes commands: JC371 takes texts as data (8900)"

_PARAMETERS, _CONTROL, _LOCATE, _TEXT, _DATA = 0x8103, 0x8105, 0x8201, 0x8300, 0x8900
_RESET, _STOP, _RESUME = b"\x04", b"\xf0", b"\xf1"
_URGENT, _DATA_KIND = b"\x01", b"\xf0"
_INTERVAL_ID, _ODOMETER_ID = 0x0029, 0x0080
_ONE_PARAMETER = Struct(">BIBI")
_SHORTEST_FRAME_BYTES = 15
_MODELS_OF_DATA = frozenset({"JC371"})
_WHOLE_FRAME = re.compile("7e(?:[0-9a-f]{2}){12,}7e")


def _header(order: Order) -> Header:
    """As the device wrote it last; by its identity where it was not heard yet."""
    if len(order.token) < _SHORTEST_FRAME_BYTES:
        return header_for(order.unique_id)
    try:
        return frame_of(order.token).header
    except ProtocolError:
        return header_for(order.unique_id)


def _send(order: Order, message_type: int, body: bytes) -> bytes:
    return written(_header(order), message_type, order.number, body)


def _engine_stop(_: EngineStop, order: Order) -> bytes:
    return _send(order, _CONTROL, _STOP)


def _engine_resume(_: EngineResume, order: Order) -> bytes:
    return _send(order, _CONTROL, _RESUME)


def _reboot(_: Reboot, order: Order) -> bytes:
    return _send(order, _CONTROL, _RESET)


def _position_now(_: PositionNow, order: Order) -> bytes:
    return _send(order, _LOCATE, b"")


def _interval(command: Interval, order: Order) -> bytes:
    body = _ONE_PARAMETER.pack(1, _INTERVAL_ID, 4, command.interval_s)
    return _send(order, _PARAMETERS, body)


def _set_odometer(command: SetOdometer, order: Order) -> bytes:
    tenths_of_km = round(command.odometer_m / 100)
    body = _ONE_PARAMETER.pack(1, _ODOMETER_ID, 4, tenths_of_km)
    return _send(order, _PARAMETERS, body)


def _custom_text(command: CustomText, order: Order) -> bytes:
    """A text for the device, or a whole frame in hex, which goes out as it is."""
    if _WHOLE_FRAME.fullmatch(command.text.lower()):
        return bytes.fromhex(command.text)
    try:
        content = command.text.encode("gbk")
    except UnicodeEncodeError as error:
        raise InvalidInput("text", command.text, "characters of GBK") from error
    if order.options.get("model", "").upper() in _MODELS_OF_DATA:
        return _send(order, _DATA, _DATA_KIND + content)
    return _send(order, _TEXT, _URGENT + content)


COMMANDS: Writers = {
    EngineStop: _engine_stop,
    EngineResume: _engine_resume,
    PositionNow: _position_now,
    Interval: _interval,
    Reboot: _reboot,
    SetOdometer: _set_odometer,
    CustomText: _custom_text,
}
