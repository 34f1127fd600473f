"""What follows a refresh token: made from the token itself, so that it can be made once more.

The server keeps a hash of each token and a random salt beside the one used last. Whoever has that
token gets its successor again; neither the database alone nor the token alone gives it away.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta

GRACE = timedelta(seconds=15)
_SALT_BYTES = 32


def new_salt() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(_SALT_BYTES)


def successor(refresh_token: str, salt: bytes) -> str:
    """The token that follows: 256 bits of HMAC-SHA-256, as text that fits in a header and a URL."""
    made = hmac.digest(refresh_token.encode(), salt, hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
