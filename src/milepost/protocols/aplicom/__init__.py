"""Aplicom A1, A9, A11, C-series and T10: binary messages of the protocols D, E, F and H.

Source: Aplicom, "D protocol" and "E protocol" specifications; captured frames.
"""

from milepost.protocols.aplicom.codec import MAX_BUFFER_BYTES, AplicomCodec
from milepost.protocols.contract import DeviceProtocol

PROTOCOL = DeviceProtocol(
    name="aplicom",
    title="Aplicom A1, A9, A11, C-series, T10",
    port=5049,
    transports=("tcp", "udp"),
    checksum="none",
    identity="in every frame",
    acknowledges="nothing",
    codec=AplicomCodec,
    carries=("position", "io", "odometer", "driver", "texts"),
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
)
