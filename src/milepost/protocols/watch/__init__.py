"""Watches and tags of children and elders: SeTracker, Beesure, Wonlex, 3G, SG, ZJ, CS.

Source: "Beesure GPS SeTracker Server Protocol" (4P-Touch); captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.watch.codec import MAX_BUFFER_BYTES, WatchCodec
from milepost.protocols.watch.orders import COMMANDS

PROTOCOL = DeviceProtocol(
    name="watch",
    title="Watches and personal trackers (SeTracker, Beesure, Wonlex and others)",
    port=5093,
    transports=("tcp",),
    checksum="none",
    identity="ten digits of the IMEI, or all of it, in every frame",
    acknowledges="the keyword for heartbeats, alarms, health values and recordings",
    codec=WatchCodec,
    carries=("position", "cells", "wifi", "alarms", "temperature", "texts"),
    aliases=("setracker", "beesure"),
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
)
