"""Device protocols on the wire."""

from milepost.features.wire import Wire
from milepost.protocols.contract import Transport


class ProtocolView(Wire, frozen=True):
    """A protocol that devices may speak here.

    `name` is what a device is registered with, `title` the makers and families that speak it,
    `identity` where a device says who it is, `secretPlace` where it can show the device's secret
    (empty where it cannot). `options` are what can be set for a device: each with its meaning.
    """

    name: str
    title: str
    transports: list[Transport]
    identity: str
    secret_place: str
    options: dict[str, str]


class ProtocolList(Wire, frozen=True):
    """All protocols, by name."""

    items: list[ProtocolView]
