"""The settings that a JetStream stream must have to be a log, and which others are refused."""

from collections.abc import Mapping

from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

from milepost.errors import InvalidInput
from milepost.stores.log.contract import MOST_ENTRY_BYTES

# With each of these settings a stream keeps what it has acknowledged until it is purged.
_ESSENTIAL: Mapping[str, object] = {
    "storage": "file",
    "retention": "limits",
    # A full stream refuses the newest entry, and its device keeps it.
    "discard": "new",
    "max_age": 0.0,
    # This one removes the oldest entry even where `discard` is `new`.
    "max_msgs_per_subject": -1,
    "no_ack": False,
    "deny_purge": False,
    "sealed": False,
    "mirror": None,
    "sources": None,
}


def stream_settings(name: str) -> StreamConfig:
    """The settings with which a missing stream is made; its subject has its name."""
    return StreamConfig(
        name=name,
        subjects=[name],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW,
    )


def check_stream(config: StreamConfig) -> None:
    """Let a stream pass that is a log.

    Raises:
        InvalidInput: a setting would lose entries, or other messages than entries come in.
    """
    for setting, needed in _ESSENTIAL.items():
        _check(config, setting, getattr(config, setting), needed)
    _check(config, "subjects", config.subjects, [config.name])
    # With `async` the server acknowledges before it writes (nats-server 2.12 and later).
    if config.persist_mode == "async":
        _check(config, "persist_mode", "async", "default")


def check_limits(max_payload_bytes: int, config: StreamConfig) -> None:
    """Let a server and a stream pass that take the largest entry.

    Raises:
        InvalidInput: one of them takes only smaller ones.
    """
    allowed = f"at least {MOST_ENTRY_BYTES} bytes"
    if max_payload_bytes < MOST_ENTRY_BYTES:
        raise InvalidInput("`max_payload` of the NATS server", max_payload_bytes, allowed)
    most_bytes = config.max_msg_size
    # -1 is no limit.
    if most_bytes is not None and 0 <= most_bytes < MOST_ENTRY_BYTES:
        raise InvalidInput(f"`max_msg_size` of the stream {config.name}", most_bytes, allowed)


def _check(config: StreamConfig, setting: str, came: object, needed: object) -> None:
    if came != needed:
        raise InvalidInput(f"`{setting}` of the stream {config.name}", came, repr(needed))
