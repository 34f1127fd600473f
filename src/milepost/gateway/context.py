"""What all listeners of one gateway share."""

from collections.abc import Callable

import msgspec
import structlog

from milepost.errors import (
    CodecFailed,
    Forbidden,
    MilepostError,
    NotAllowed,
    NotFound,
    ProtocolError,
    RateLimited,
)
from milepost.gateway.addresses import Address, Addresses
from milepost.gateway.admission import Admission
from milepost.gateway.intake import Valve
from milepost.gateway.limits import Limits
from milepost.gateway.masking import masked
from milepost.gateway.metrics import GatewayMetrics
from milepost.gateway.presence import Presence

log = structlog.get_logger(__name__)

HEX_HEAD_BYTES = 48
# A secret that begins within what is shown has to be seen to its end.
MASKED_BYTES = 1024


class GatewayContext(msgspec.Struct, frozen=True):
    """The processor's entrance, the limits, who is there and speaks for whom, counters, clock."""

    admission: Admission
    valve: Valve
    limits: Limits
    addresses: Addresses
    presence: Presence
    metrics: GatewayMetrics
    clock_ms: Callable[[], int]


class Complaint(msgspec.Struct, frozen=True):
    """Something a peer did wrong, for the log and the counters."""

    reason: str
    protocol: str
    transport: str
    detail: str
    device: str | None = None
    head: bytes = b""


def complain(address: Address, now_s: float, complaint: Complaint) -> None:
    """Log it, unless this address has filled the log already."""
    if not address.log_lines.take(now_s):
        return
    fields = {
        "protocol": complaint.protocol,
        "transport": complaint.transport,
        "address": address.text,
        "device": complaint.device,
        "detail": complaint.detail,
    }
    if complaint.head:
        fields["head"] = masked(complaint.head[:MASKED_BYTES])[:HEX_HEAD_BYTES].hex()
    log.warning("gateway." + complaint.reason, **fields)


def reason_of(error: MilepostError) -> str:
    """The counter's name of an error."""
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), "not_stored")


# The first that fits counts: special kinds stand before what they are kinds of.
_REASONS: tuple[tuple[type[MilepostError], str], ...] = (
    (CodecFailed, "internal"),
    (ProtocolError, "bad_frame"),
    (NotFound, "unknown_device"),
    (NotAllowed, "not_allowed"),
    (Forbidden, "disabled_device"),
    (RateLimited, "refused_for_now"),
)
