"""Totem: AT05 to AT09, AVL02 to AVL08 of Totemtek and Tzone.

Source: "AVL-08 GPRS Data Protocol" 1.0.1; "AT06 GPRS Data Protocol"; "AT09 Protocol & Commands"
2.43; captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.totem.codec import MAX_BUFFER_BYTES, TotemCodec
from milepost.protocols.totem.orders import CODE_OPTION, COMMANDS
from milepost.protocols.wire.clock import TIME_ZONE, TIME_ZONE_TEXT

PROTOCOL = DeviceProtocol(
    name="totem",
    title="Totem (AT05 to AT09, AVL02 to AVL08)",
    port=5007,
    transports=("tcp", "udp"),
    checksum="exclusive or (AT05, AT07, AT09), CRC-16/MODBUS (AVL, AT06)",
    identity="IMEI in every frame",
    acknowledges="`AA` with the serial number for reports of AT05, AT07, AT09",
    codec=TotemCodec,
    carries=(
        *("position", "cells", "alarms", "io", "odometer", "temperature", "driver", "obd"),
        "texts",
    ),
    aliases=("totemtek", "avl08"),
    options={
        TIME_ZONE: TIME_ZONE_TEXT,
        CODE_OPTION: "the device's password, 000000 if not set",
    },
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"", b"\r\n"),
)
