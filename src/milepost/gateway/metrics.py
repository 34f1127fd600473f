"""What the gateway counts for Prometheus; every label has a bounded set of values."""

from collections.abc import Iterable

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
    """The counters of one protocol over one transport, looked up once."""

    __slots__ = (
        "_errors",
        "_metrics",
        "_oddities",
        "_protocol",
        "connections",
        "frames",
        "positions",
    )

    def __init__(self, metrics: "GatewayMetrics", protocol: str, transport: str) -> None:
        self._metrics = metrics
        self._protocol = protocol
        self.connections = metrics.connections.labels(protocol, transport)
        self.frames = metrics.frames.labels(protocol, transport)
        self.positions = metrics.positions.labels(protocol, transport)
        self._errors = {
            reason: metrics.errors.labels(protocol, transport, reason) for reason in ERROR_REASONS
        }
        self._oddities = {
            reason: metrics.oddities.labels(protocol, transport, reason) for reason in ODDITIES
        }

    def count_error(self, reason: str) -> None:
        """One more error; `reason` is one of `ERROR_REASONS`."""
        self._errors[reason].inc()

    def count_oddity(self, reason: str) -> None:
        """One more of what is let through; `reason` is one of `ODDITIES`."""
        self._oddities[reason].inc()

    def count_refused(self, fields: Iterable[str]) -> None:
        """Values that the gate refused, by their fields (`domain.bounds.FIELDS`)."""
        for field in fields:
            self._metrics.refused_values.labels(self._protocol, field).inc()


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
