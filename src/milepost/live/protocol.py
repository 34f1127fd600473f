"""One connection's incoming half, sans-IO: frames and a clock in, requests or refusals out."""

import msgspec

from milepost.errors import InvalidInput
from milepost.live.closing import TOO_BIG, TOO_MANY_MESSAGES, Closing
from milepost.live.messages import ErrorCode, RequestId, error_json
from milepost.live.rate import TokenBucket
from milepost.live.requests import PARSERS, Envelope, Request

_MAX_REQUEST_ID_CHARS = 128
_SHOWN_CHARS = 40


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one connection may send.

    `max_payload_bytes` is the largest message in UTF-8. `messages_per_s` and `message_burst` shape
    the token bucket; after `max_refusals` messages beyond it in a row the connection ends.
    """

    max_payload_bytes: int = 65536
    messages_per_s: float = 20.0
    message_burst: float = 100.0
    max_refusals: int = 200


class Refusal(msgspec.Struct, frozen=True):
    """A frame that is not carried out; `closing` is set where the connection must end."""

    code: ErrorCode
    message: str
    request_id: RequestId | None = None
    reason: str | None = None
    closing: Closing | None = None

    def to_json(self) -> str:
        """The `error` message that tells the client."""
        return error_json(self.code, self.message, self.request_id, self.reason)


_NOT_TEXT = Refusal("INVALID_MESSAGE_FORMAT", "binary messages are not allowed; send JSON text")
_OVERSIZE = Refusal("INVALID_MESSAGE_FORMAT", TOO_BIG.reason, closing=TOO_BIG)
_envelope = msgspec.json.Decoder(Envelope)


class Conversation:
    """Decodes what a client sends, within its limits. The clock is a parameter of each call."""

    __slots__ = ("_bucket", "_limits", "_refused")

    def __init__(self, limits: Limits, now_s: float) -> None:
        self._limits = limits
        self._bucket = TokenBucket(limits.messages_per_s, limits.message_burst, now_s)
        self._refused = 0

    def receive(self, frame: str | bytes, now_s: float) -> Request | Refusal:
        """The request that a frame carries; every frame gives exactly one answer."""
        if self._too_big(frame):
            return _OVERSIZE
        if not self._bucket.take(now_s):
            return self._refuse()
        self._refused = 0
        return _NOT_TEXT if isinstance(frame, bytes) else _parse(frame)

    def _too_big(self, frame: str | bytes) -> bool:
        limit = self._limits.max_payload_bytes
        if len(frame) > limit:
            return True
        return isinstance(frame, str) and len(frame.encode(errors="replace")) > limit

    def _refuse(self) -> Refusal:
        self._refused += 1
        closing = TOO_MANY_MESSAGES if self._refused > self._limits.max_refusals else None
        allowed = f"at most {self._limits.messages_per_s:g} messages a second are allowed"
        return Refusal("RATE_LIMIT_EXCEEDED", allowed, closing=closing)


def _parse(text: str) -> Request | Refusal:
    try:
        return _parsed(text)
    except RecursionError:
        return Refusal("INVALID_MESSAGE_FORMAT", "the message is nested too deeply")
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        return Refusal("INVALID_MESSAGE_FORMAT", str(error))


def _parsed(text: str) -> Request | Refusal:
    envelope = _envelope.decode(text)
    request_id = envelope.request_id
    if isinstance(request_id, str) and len(request_id) > _MAX_REQUEST_ID_CHARS:
        allowed = f"requestId has at most {_MAX_REQUEST_ID_CHARS} characters"
        return Refusal("INVALID_MESSAGE_FORMAT", allowed)
    parser = PARSERS.get(envelope.type)
    if parser is None:
        shown = envelope.type[:_SHOWN_CHARS]
        return Refusal("UNKNOWN_MESSAGE_TYPE", f"unknown message type: {shown}", request_id)
    try:
        return parser(envelope)
    except msgspec.DecodeError as error:
        return Refusal("MESSAGE_PROCESSING_ERROR", str(error), request_id, InvalidInput.code)
    except InvalidInput as error:
        return Refusal("MESSAGE_PROCESSING_ERROR", str(error), request_id, error.code)
