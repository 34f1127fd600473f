"""Teltonika: FMB, FMC, FMM and older families, over TCP and UDP.

Source: Teltonika wiki, "Codec" and "Teltonika AVL Protocols".
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.teltonika.codec import MAX_BUFFER_BYTES, TeltonikaCodec
from milepost.protocols.teltonika.encoder import TeltonikaEncoder
from milepost.protocols.teltonika.orders import COMMANDS

PROTOCOL = DeviceProtocol(
    name="teltonika",
    title="Teltonika Codec 8, 8 Extended, 16 and 12 to 15",
    port=5027,
    transports=("tcp", "udp"),
    checksum="CRC-16/IBM over codec … count (TCP); none on UDP",
    identity="IMEI in the login (TCP) or in each datagram (UDP)",
    acknowledges="number of records, 4 bytes (TCP) or 7-byte answer (UDP); login 01 or 00",
    codec=TeltonikaCodec,
    carries=(
        *("position", "cells", "alarms", "io", "odometer", "engine_hours", "fuel"),
        *("temperature", "driver", "beacons", "obd", "texts"),
    ),
    commands=COMMANDS,
    encoder=TeltonikaEncoder,
    max_buffer_bytes=MAX_BUFFER_BYTES,
)
