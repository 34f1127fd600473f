"""What the gateway counts for Prometheus; every label has a bounded set of values."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from prometheus_client import CollectorRegistry, Counter, Gauge, Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

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
    `frames` (datagrams and requests, too) and `positions` are plain numbers: they are counted with
    every packet, and a counter of Prometheus takes a lock.
    """

    def __init__(self, metrics: "GatewayMetrics", protocol: str, transport: str) -> None:
        self._metrics = metrics
        self._protocol = protocol
        self._labels = (protocol, transport)
        self.frames = 0
        self.positions = 0

    @cached_property
    def connections(self) -> Gauge:
        """Open connections."""
        return self._metrics.connections.labels(*self._labels)

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

        self._traffic: dict[tuple[str, str], Traffic] = {}
        registry.register(_Totals(self._traffic))

    def traffic(self, protocol: str, transport: str) -> Traffic:
        """The counters of one protocol over one transport."""
        labels = (protocol, transport)
        known = self._traffic.get(labels)
        if known is None:
            known = self._traffic[labels] = Traffic(self, protocol, transport)
        return known


class _Totals(Collector):
    """Tells Prometheus what is counted in plain numbers."""

    def __init__(self, traffic: dict[tuple[str, str], Traffic]) -> None:
        self._traffic = traffic

    def describe(self) -> Iterable[Metric]:
        """The names, without asking anybody."""
        return self._families()

    def collect(self) -> Iterator[Metric]:
        """What has come, by protocol and transport, where anything has."""
        frames, positions = self._families()
        for labels, counted in list(self._traffic.items()):
            if counted.frames:
                frames.add_metric(labels, counted.frames)
            if counted.positions:
                positions.add_metric(labels, counted.positions)
        yield frames
        yield positions

    def _families(self) -> tuple[CounterMetricFamily, CounterMetricFamily]:
        labels = ("protocol", "transport")
        name = "milepost_gateway_frames"
        return (
            CounterMetricFamily(name, "Frames, datagrams, requests", labels=labels),
            CounterMetricFamily("milepost_gateway_positions", "Positions taken", labels=labels),
        )
