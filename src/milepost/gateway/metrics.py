"""What the gateway counts for Prometheus; every label has a bounded set of values."""

from collections.abc import Iterable
from functools import cached_property

from prometheus_client import CollectorRegistry, Counter, Gauge

ERROR_REASONS = (
    "bad_frame",
    "unknown_device",
    "disabled_device",
    "not_allowed",
    "browser",
    "not_stored",
    "timeout",
    "too_many_connections",
    "too_many_messages",
    "too_large",
    "refused_for_now",
    "broker",
    "internal",
)

# Let through, but worth a look.
ODDITIES = ("other_protocol", "identity_clash", "replaced", "changed")


class Traffic:
    """The counters of one protocol over one transport, each looked up when it is first used.

    Most protocols are never spoken: their counters would be nine tenths of what is scraped.
    """

    def __init__(self, metrics: "GatewayMetrics", protocol: str, transport: str) -> None:
        self._metrics = metrics
        self._protocol = protocol
        self._labels = (protocol, transport)

    @cached_property
    def connections(self) -> Gauge:
        """Open connections."""
        return self._metrics.connections.labels(*self._labels)

    @cached_property
    def frames(self) -> Counter:
        """Frames, datagrams, requests."""
        return self._metrics.frames.labels(*self._labels)

    @cached_property
    def positions(self) -> Counter:
        """Positions taken."""
        return self._metrics.positions.labels(*self._labels)

    def count_error(self, reason: str) -> None:
        """One more error; `reason` is one of `ERROR_REASONS`."""
        self._metrics.errors.labels(*self._labels, _one_of(ERROR_REASONS, reason)).inc()

    def count_oddity(self, reason: str) -> None:
        """One more of what is let through; `reason` is one of `ODDITIES`."""
        self._metrics.oddities.labels(*self._labels, _one_of(ODDITIES, reason)).inc()

    def count_refused(self, fields: Iterable[str]) -> None:
        """Values that the gate refused, by their fields (`domain.bounds.FIELDS`)."""
        for field in fields:
            self._metrics.refused_values.labels(self._protocol, field).inc()


def _one_of(reasons: tuple[str, ...], reason: str) -> str:
    """The reason. Another one would be a new series for whoever reads the metrics."""
    if reason not in reasons:
        raise ValueError(f"{reason!r} is none of {', '.join(reasons)}")
    return reason


class GatewayMetrics:
    """Counters of all listeners, registered once for each registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("protocol", "transport")
        self.connections = Gauge(
            "milepost_gateway_connections", "Open device connections", labels, registry=registry
        )
        self.frames = Counter(
            "milepost_gateway_frames", "Frames, datagrams, requests", labels, registry=registry
        )
        self.positions = Counter(
            "milepost_gateway_positions", "Positions taken", labels, registry=registry
        )
        self.errors = Counter(
            "milepost_gateway_errors",
            "What the gateway refused or could not do",
            (*labels, "reason"),
            registry=registry,
        )
        self.oddities = Counter(
            "milepost_gateway_oddities",
            "What the gateway let through although it was odd",
            (*labels, "reason"),
            registry=registry,
        )
        self.refused_values = Counter(
            "milepost_gateway_refused_values",
            "Values of devices that cannot be, left out at the gate",
            ("protocol", "field"),
            registry=registry,
        )

    def traffic(self, protocol: str, transport: str) -> Traffic:
        """The counters of one protocol over one transport."""
        return Traffic(self, protocol, transport)
