"""The protocols that this server speaks, as a device's settings and commands need them."""

from collections.abc import Mapping, Sequence

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

    def check_secret(self, name: str) -> None:
        """Let a secret pass that devices of the protocol can show.

        Raises:
            InvalidInput: the protocol has no place for one.
        """
        protocol = self._protocols.get(name)
        if protocol is None or not protocol.proof:
            able = ", ".join(each.name for each in self.all() if each.proof)
            raise InvalidInput("secret", "a secret", f"none: {name} cannot carry one ({able} can)")

    def check_names(self, names: Sequence[str]) -> None:
        """Let protocols pass that this server speaks.

        Raises:
            InvalidInput: it does not speak one of them.
        """
        for name in names:
            if name not in self._protocols:
                allowed = "the name of a protocol that this server speaks"
                raise InvalidInput("allowedProtocols", name, allowed)

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
