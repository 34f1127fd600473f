"""OsmAnd and Traccar Client over HTTP: a query, a form, or the JSON of background-geolocation.

Source: OsmAnd "Trip recording: online tracking"; Traccar "OsmAnd protocol" (speed in knots);
transistorsoft "cordova-background-geolocation: HTTP" (speed in m/s).
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.osmand.codec import OsmandCodec
from milepost.protocols.osmand.encoder import OsmandEncoder

PROTOCOL = DeviceProtocol(
    name="osmand",
    title="OsmAnd and Traccar Client (HTTP)",
    port=5055,
    transports=("http",),
    checksum="none",
    identity="parameter id, deviceid, device_id, imei … or device_id in JSON",
    proof="parameter secret, secret beside location in JSON, HTTP Basic or Bearer",
    acknowledges="HTTP 200 with an empty body",
    codec=OsmandCodec,
    carries=("position", "cells", "wifi", "alarms", "odometer", "engine_hours", "fuel", "driver"),
    aliases=("traccar_client",),
    time_zone="UTC, or as the time says",
    encoder=OsmandEncoder,
)
