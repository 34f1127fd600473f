"""Why a connection ends: WebSocket close codes (RFC 6455 section 7.4, and 4401 of our own)."""

import msgspec


class Closing(msgspec.Struct, frozen=True):
    """A close frame's code and reason; a reason has at most 123 bytes."""

    code: int
    reason: str


GONE = Closing(1000, "the client went away")
HEARTBEAT_MISSED = Closing(1001, "heartbeat timeout")
TOO_MANY_CONNECTIONS = Closing(1008, "too many connections from this address")
TOO_MANY_MESSAGES = Closing(1008, "too many messages were sent after the limit was reached")
TOO_BIG = Closing(1009, "the message is larger than maxPayloadSize")
INTERNAL_ERROR = Closing(1011, "internal error")
RESTARTING = Closing(1012, "the server is restarting")
TOO_SLOW = Closing(1013, "events or frames were not read in time; connect again and resume")
UNAVAILABLE = Closing(1013, "the server cannot check the token now; try again")
SIGN_IN = Closing(4401, "authentication required")
EXPIRED = Closing(4401, "the token has expired; refresh it and connect again")
REVOKED = Closing(4401, "permissions were changed; refresh the token and connect again")
SESSION_ENDED = Closing(4401, "the session has ended; sign in again")
KEY_ENDED = Closing(4401, "the API key was revoked or changed")
