"""Meitrack: T1, T3xx, T6xx, MVT, MT90, P88L, P99, TC68, MDVRs and others.

Source: "MEITRACK GPRS Protocol" 1.21 and those of T622, T633L, P88L; captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.meitrack.codec import MAX_BUFFER_BYTES, MeitrackCodec
from milepost.protocols.meitrack.commands import COMMANDS
from milepost.protocols.meitrack.frame import CONFIRM
from milepost.protocols.meitrack.inputs import IGNITION_INPUT

PROTOCOL = DeviceProtocol(
    name="meitrack",
    title="Meitrack (T, MVT, MT, P, TC series, MDVR)",
    port=5020,
    transports=("tcp", "udp"),
    checksum="sum of 8 bits over all up to `*`",
    identity="IMEI in every frame",
    acknowledges="with `confirm`: AFF, CCC or CCE and the count; request of a photo's next part",
    codec=MeitrackCodec,
    carries=(
        "position",
        "cells",
        "wifi",
        "alarms",
        "io",
        "odometer",
        "engine_hours",
        "fuel",
        "temperature",
        "driver",
        "beacons",
        "obd",
        "texts",
    ),
    options={
        CONFIRM: "`true` for a device that deletes only what was confirmed (its setting C03,1)",
        IGNITION_INPUT: "number of the input that the ignition is wired to; none: unknown",
    },
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"$$", b"\r\n"),
)
