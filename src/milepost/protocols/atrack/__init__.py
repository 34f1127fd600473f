"""ATrack: AT, AU, AK, AL, AS, AX, AY families; binary and text reports.

Source: "AT Series Protocol Document" 1.1.4, "SP" 1.5.2 and "AP Protocol Document" 1.3.8; captured
frames.
"""

from milepost.protocols.atrack.codec import MAX_BUFFER_BYTES, AtrackCodec
from milepost.protocols.atrack.commands import COMMANDS
from milepost.protocols.atrack.settings import CUSTOM, FORM, FRAME_MASK, LONG_DATE
from milepost.protocols.contract import DeviceProtocol

PROTOCOL = DeviceProtocol(
    name="atrack",
    title="ATrack (AT, AU, AK, AL, AS, AX, AY)",
    port=5044,
    transports=("tcp", "udp"),
    checksum="CRC-16/IBM over all behind it",
    identity="unit id (usually the IMEI) in every frame",
    acknowledges="`FE02`, unit id and sequence number; keep-alives as they came",
    codec=AtrackCodec,
    carries=(
        "position",
        "cells",
        "io",
        "odometer",
        "fuel",
        "temperature",
        "driver",
        "beacons",
        "obd",
        "texts",
    ),
    options={
        CUSTOM: "`true` for a device whose reports end in custom fields",
        FORM: "the custom fields in their order, as in the device's AT$FORM: `%MV%BV%SA`",
        LONG_DATE: "`true` for times as year to second in seven bytes; they are also recognized",
        FRAME_MASK: "mask of the beacon frames that the field %BC carries, in digits; 0 for none",
    },
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    text_frame=(b"", b"\n"),
)
