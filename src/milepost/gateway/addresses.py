"""Who is connected from where: connections and messages are counted per address."""

from milepost.gateway.limits import Limits
from milepost.gateway.rates import TokenBucket

TOO_MANY_CONNECTIONS = "too_many_connections"
TOO_MANY_FROM_ADDRESS = "too_many_connections_from_address"
TOO_FAST_FROM_ADDRESS = "too_many_new_connections_from_address"


class Address:
    """One peer address with what it may still do."""

    __slots__ = ("arrivals", "connections", "log_lines", "messages", "text")

    def __init__(self, text: str, limits: Limits, now_s: float) -> None:
        self.text = text
        self.connections = 0
        rate = limits.connections_per_second
        self.arrivals = TokenBucket(rate, max(1.0, 4 * rate), now_s)
        rate = limits.messages_per_second
        self.messages = TokenBucket(rate, max(1.0, 2 * rate), now_s)
        rate = limits.log_lines_per_second
        self.log_lines = TokenBucket(rate, max(1.0, 4 * rate), now_s)

    def quiet(self, now_s: float) -> bool:
        """Whether there is nothing to remember."""
        buckets = (self.arrivals, self.messages, self.log_lines)
        return not self.connections and all(bucket.full(now_s) for bucket in buckets)


class Addresses:
    """All addresses that are connected or were lately."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: dict[str, Address] = {}
        self.connections = 0

    def get(self, text: str, now_s: float) -> Address:
        """The address's record, made at first sight."""
        address = self._known.get(text)
        if address is None:
            address = self._known[text] = Address(text, self._limits, now_s)
        return address

    def enter(self, address: Address, now_s: float) -> str | None:
        """Count a new connection; the reason if it is one too many and was not counted."""
        if not address.arrivals.take(now_s):
            return TOO_FAST_FROM_ADDRESS
        if address.connections >= self._limits.connections_per_address:
            return TOO_MANY_FROM_ADDRESS
        if self.connections >= self._limits.connections:
            return TOO_MANY_CONNECTIONS
        address.connections += 1
        self.connections += 1
        return None

    def leave(self, address: Address) -> None:
        """A counted connection has ended."""
        address.connections -= 1
        self.connections -= 1

    def forget_quiet(self, now_s: float) -> None:
        """Drop the records that hold nothing."""
        quiet = [text for text, address in self._known.items() if address.quiet(now_s)]
        for text in quiet:
            del self._known[text]
