"""Queclink @Track: GV, GL, GMT, GB, CV and their like; text, HEX and packed frames.

Source: Queclink @Track Air Interface Protocol of GV200, GV300, GV300CAN, GV500, GV600M, GL200,
GL300, GL500, GL530 and GB100; captured frames where models differ.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.queclink.codec import MAX_BUFFER_BYTES, QueclinkCodec
from milepost.protocols.queclink.commands import COMMANDS, OPTION, OPTION_TEXT
from milepost.protocols.wire.clock import TIME_ZONE, TIME_ZONE_TEXT

PROTOCOL = DeviceProtocol(
    name="queclink",
    title="Queclink @Track (GV, GL, GMT, GB, CV)",
    port=5004,
    transports=("tcp", "udp"),
    checksum="CRC-16/CCITT-FALSE in HEX frames; none in text",
    identity="IMEI in every frame",
    acknowledges="`+SACK` with the frame's count number",
    codec=QueclinkCodec,
    carries=(
        *("position", "cells", "wifi", "alarms", "io", "odometer", "engine_hours", "fuel"),
        *("temperature", "driver", "beacons", "obd", "j1939", "texts"),
    ),
    aliases=("gl200",),
    time_zone="UTC for fixes; reports without one have the device's local time",
    options={TIME_ZONE: TIME_ZONE_TEXT, OPTION: OPTION_TEXT},
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"+", b"$"),
)
