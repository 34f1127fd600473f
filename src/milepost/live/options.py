"""How a live connection behaves."""

import time
from collections.abc import Callable

import msgspec

from milepost.live.protocol import Limits


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class LiveOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Limits and times of a live connection.

    The server sends `ping` every `heartbeat_s`, and closes a connection from which nothing came
    for `idle_timeout_s`. A frame that the peer does not take within `send_timeout_s` ends it too.
    """

    limits: Limits = Limits()
    heartbeat_s: float = 30.0
    idle_timeout_s: float = 75.0
    send_timeout_s: float = 10.0
    max_connections_per_address: int = 200
    max_subscriptions: int = 1000
    clock_ms: Callable[[], int] = _now_ms
