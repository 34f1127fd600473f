"""The protocols that this server speaks, as a device's settings and commands need them."""

from collections.abc import Mapping

from milepost.errors import InvalidInput
from milepost.protocols.contract import DeviceProtocol


class KnownProtocols:
    """Protocols by the name that a device is registered with.

    A device may name one that is not among them: it has no options, and takes no commands.
    """

    def __init__(self, protocols: Mapping[str, DeviceProtocol]) -> None:
        self._protocols = protocols

    def get(self, name: str) -> DeviceProtocol | None:
        """The protocol of this name, if this server speaks it."""
        return self._protocols.get(name)

    def all(self) -> list[DeviceProtocol]:
        """Every protocol, by name."""
        return [self._protocols[name] for name in sorted(self._protocols)]

    def check_options(self, name: str, options: Mapping[str, str]) -> None:
        """Let options pass that the protocol has.

        Raises:
            InvalidInput: one of them is unknown to it; the message lists those that are allowed.
        """
        protocol = self._protocols.get(name)
        allowed = {} if protocol is None else protocol.options
        unknown = sorted(options.keys() - allowed.keys())
        if unknown:
            known = ", ".join(f"{option} ({allowed[option]})" for option in allowed)
            raise InvalidInput("options", unknown[0], f"for {name}: {known or 'none'}")
