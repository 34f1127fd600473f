"""Ruptela: the families FM Pro, FM Eco, FM Tco, FM Plug and Trace.

Source: "FM Pro, FM Eco & FM Tco Protocols" 1.67 and 1.103; captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.ruptela.codec import MAX_BUFFER_BYTES, RuptelaCodec
from milepost.protocols.ruptela.commands import COMMANDS, PASSWORD

PROTOCOL = DeviceProtocol(
    name="ruptela",
    title="Ruptela (FM Pro, Eco, Tco, Plug; Trace)",
    port=5046,
    transports=("tcp", "udp"),
    checksum="CRC-16/KERMIT over IMEI … content",
    identity="IMEI in every frame",
    acknowledges="`0002 64 01` with checksum for records, 73, 74, 76 for others; 00 refuses",
    codec=RuptelaCodec,
    carries=(
        "position",
        "alarms",
        "io",
        "odometer",
        "engine_hours",
        "fuel",
        "temperature",
        "driver",
        "obd",
        "j1939",
        "texts",
    ),
    options={PASSWORD: "password of the device's SMS commands; none: empty"},
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
)
