"""Where a NATS server is, and which stream there is the log's."""

import re
from urllib.parse import unquote, urlsplit

import msgspec

from milepost.errors import InvalidInput, NotShown

DEFAULT_PORT = 4222
DEFAULT_STREAM = "MILEPOST_POSITIONS"
_STREAM_NAME = re.compile(r"[A-Za-z0-9_-]+")


class NatsAddress(msgspec.Struct, frozen=True):
    """A NATS server, how to sign in there, and the name that the log's streams begin with.

    `url` holds neither user nor password. A user without a password is a token.
    """

    url: str
    stream_prefix: str
    user: str | None = None
    password: str | None = None


def parse_nats_url(url: str) -> NatsAddress:
    """The address in `nats://[user:password@]host[:4222][/STREAM]`, or `tls://…`.

    Raises:
        InvalidInput: the scheme is another, there is no host, the port is no number, or the stream
            is more than letters, digits, `_` and `-`.
    """
    allowed = "nats://[user:password@]host[:port][/STREAM] or tls://…"
    wrong = InvalidInput("MILEPOST_LOG_URL", NotShown(), allowed)
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
    except ValueError:  # it repeats a part of the URL, which may be one of the password
        raise wrong from None
    prefix = parts.path.removeprefix("/") or DEFAULT_STREAM
    if parts.scheme not in ("nats", "tls") or not parts.hostname:
        raise wrong
    if not _STREAM_NAME.fullmatch(prefix) or parts.query or parts.fragment:
        raise wrong
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return NatsAddress(
        f"{parts.scheme}://{host}:{port}",
        prefix,
        None if parts.username is None else unquote(parts.username),
        None if parts.password is None else unquote(parts.password),
    )
