"""Commands to GT06 devices: type 80, a text with the order's number as server flag.

Source: Concox "GT06 GPS Tracker Communication Protocol" 1.8.1, section 6.1; Concox "GT06N command
list" (RELAY, WHERE, TIMER, RESET) and "GT06 commands" (DYD, HFYD).
"""

from collections.abc import Mapping

from milepost.domain.command import (
    CustomText,
    EngineResume,
    EngineStop,
    Interval,
    PositionNow,
    Reboot,
)
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers
from milepost.protocols.gt06.encoder import frame_of

OPTIONS: Mapping[str, str] = {
    "password": "of trackers that take DYD and HFYD with it in place of RELAY",
}
_COMMAND = 0x80
_MAX_TEXT_BYTES = 200


def _send(text: str, order: Order) -> bytes:
    try:
        content = text.encode("ascii")
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "ASCII") from error
    if len(content) > _MAX_TEXT_BYTES:
        raise InvalidInput("text", f"{len(content)} bytes", f"up to {_MAX_TEXT_BYTES} bytes")
    flagged = bytes((4 + len(content),)) + order.number.to_bytes(4, "big") + content
    return frame_of(_COMMAND, flagged, (order.number & 0xFFFF).to_bytes(2, "big"))


def _engine_stop(_: EngineStop, order: Order) -> bytes:
    password = order.options.get("password")
    return _send(f"DYD,{password}#" if password else "Relay,1#", order)


def _engine_resume(_: EngineResume, order: Order) -> bytes:
    password = order.options.get("password")
    return _send(f"HFYD,{password}#" if password else "Relay,0#", order)


def _position_now(_: PositionNow, order: Order) -> bytes:
    return _send("WHERE#", order)


def _interval(command: Interval, order: Order) -> bytes:
    return _send(f"TIMER,{command.interval_s}#", order)


def _reboot(_: Reboot, order: Order) -> bytes:
    return _send("RESET#", order)


def _custom_text(command: CustomText, order: Order) -> bytes:
    return _send(command.text, order)


COMMANDS: Writers = {
    EngineStop: _engine_stop,
    EngineResume: _engine_resume,
    PositionNow: _position_now,
    Interval: _interval,
    Reboot: _reboot,
    CustomText: _custom_text,
}
