"""The metrics in Prometheus' text format, made at most once a second however many ask."""

import threading
from collections.abc import Callable

from prometheus_client import CollectorRegistry, generate_latest

_GOOD_FOR_S = 1.0


class Exposition:
    """Makes the text in the thread that asks; another one that asks meanwhile waits for it."""

    def __init__(self, registry: CollectorRegistry, clock_s: Callable[[], float]) -> None:
        self._registry = registry
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._text = b""
        self._made_s: float | None = None

    def text(self) -> bytes:
        """The metrics, at most a second old. Never called in the event loop that serves."""
        with self._lock:
            now_s = self._clock_s()
            if self._made_s is None or now_s - self._made_s >= _GOOD_FOR_S:
                self._text = generate_latest(self._registry)
                self._made_s = now_s
            return self._text
