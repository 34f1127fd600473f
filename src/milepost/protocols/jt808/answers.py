"""What the platform says back to a device.

Source: JT/T 808-2019, 8.2 (8001), 8.6 (8100), 8.8 (8004), 8.53 (8800); makers' 4401 and 8109 by
captured traffic.
"""

from datetime import UTC, datetime
from struct import Struct

from milepost.protocols.jt808.frames import SHORT_SERIAL_TYPES, Frame, frame_of, written

_GENERAL, _SHORT_GENERAL = 0x8001, 0x4401
_REGISTRATION, _TIME, _CLONE_TIME, _MEDIA = 0x8100, 0x8004, 0x8109, 0x8800
_SUCCESS, _NO_SUCH_TERMINAL = 0, 4
_SHORTEST_FRAME_BYTES = 15
_SERIAL_TYPE_RESULT = Struct(">HHB")
_TYPE_RESULT = Struct(">HB")
_SERIAL_RESULT = Struct(">HB")


def general(frame: Frame) -> bytes:
    """Serial number and type of the frame, and that it is well."""
    if frame.message_type in SHORT_SERIAL_TYPES:
        body = _TYPE_RESULT.pack(frame.message_type, _SUCCESS)
        return written(frame.header, _SHORT_GENERAL, 1, body)
    body = _SERIAL_TYPE_RESULT.pack(frame.serial, frame.message_type, _SUCCESS)
    return written(frame.header, _GENERAL, 0, body)


def registered(frame: Frame, unique_id: str) -> bytes:
    """The code that the device shows from now on to authenticate itself: its own identity."""
    body = _SERIAL_RESULT.pack(frame.serial, _SUCCESS) + unique_id.encode()
    return written(frame.header, _REGISTRATION, 0, body)


def not_registered(token: bytes) -> bytes:
    """The answer to a registration, turned into: there is no such terminal."""
    if len(token) < _SHORTEST_FRAME_BYTES:
        return b""
    answer = frame_of(token)
    if answer.message_type != _REGISTRATION:
        return b""
    body = answer.body[:2] + bytes((_NO_SUCH_TERMINAL,))
    return written(answer.header, _REGISTRATION, 0, body)


def server_time(frame: Frame, received_time_ms: int) -> bytes:
    """The time in UTC, in binary-coded decimals (8004)."""
    now = datetime.fromtimestamp(received_time_ms // 1000, UTC)
    return written(frame.header, _TIME, 0, bytes.fromhex(f"{now:%y%m%d%H%M%S}"))


def clone_time(frame: Frame, received_time_ms: int) -> bytes:
    """The time in UTC as year (2 bytes), month, day, hour, minute, second (8109)."""
    now = datetime.fromtimestamp(received_time_ms // 1000, UTC)
    clock = bytes((now.month, now.day, now.hour, now.minute, now.second))
    return written(frame.header, _CLONE_TIME, 0, now.year.to_bytes(2, "big") + clock)


def media_complete(frame: Frame) -> bytes:
    """The recording's number, and no part that is missing (8800)."""
    return written(frame.header, _MEDIA, 0, frame.body[:4])
