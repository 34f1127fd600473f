"""What the server sends besides telemetry and events: acknowledgements, pings, errors."""

from typing import Literal

import msgspec

RequestId = str | int
MessageType = Literal[
    "connection_ack",
    "subscription_ack",
    "unsubscription_ack",
    "ping",
    "pong",
    "custom_ack",
    "error",
]
ErrorCode = Literal[
    "RATE_LIMIT_EXCEEDED",
    "INVALID_MESSAGE_FORMAT",
    "UNKNOWN_MESSAGE_TYPE",
    "MESSAGE_PROCESSING_ERROR",
    "MESSAGE_HANDLER_ERROR",
]


class _Data(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """The `data` of one type of message."""


class ConnectionAck(_Data, frozen=True):
    """The first message of a connection; `heartbeat_interval` is in milliseconds."""

    client_id: str
    server_time: str
    max_payload_size: int
    heartbeat_interval: int


class SubscriptionAck(_Data, frozen=True):
    """`recovered` is there when the client asked to resume: whether nothing is missing."""

    channel: str
    status: Literal["subscribed"]
    timestamp: str
    epoch: str
    offset: int
    recovered: bool | None = None


class UnsubscriptionAck(_Data, frozen=True):
    """`revoked`: the server ended the subscription, because the caller may no longer see it."""

    channel: str
    status: Literal["unsubscribed", "revoked"]
    timestamp: str


class Beat(_Data, frozen=True):
    """`ping` and `pong`."""

    timestamp: str
    server_time: str


class CustomAck(_Data, frozen=True):
    """The answer to `custom`."""

    original_type: str
    timestamp: str


class Error(_Data, frozen=True):
    """`reason` is a stable code of `errors.py` where one applies."""

    code: ErrorCode
    message: str
    reason: str | None = None


class _Message(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    type: MessageType
    data: _Data
    request_id: RequestId | None = None


_encode = msgspec.json.Encoder().encode


def message_json(kind: MessageType, data: _Data, request_id: RequestId | None = None) -> str:
    """One message as a text frame."""
    return _encode(_Message(kind, data, request_id)).decode()


def error_json(
    code: ErrorCode,
    message: str,
    request_id: RequestId | None = None,
    reason: str | None = None,
) -> str:
    """An `error` message as a text frame."""
    return message_json("error", Error(code=code, message=message, reason=reason), request_id)
