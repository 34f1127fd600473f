"""Tokens by which a device shows that an account has signed in on it before.

A token opens nothing: it only says that attempts from this device are not a stranger's. It is kept
nowhere; whoever holds the signing key can check it.
"""

import hashlib
import hmac
import secrets

from milepost.features.signing_keys import derived_key
from milepost.features.work import Clock

LIFETIME_S = 365 * 86_400
_START = "mpd"


class DeviceTokens:
    """Makes and checks the tokens of devices."""

    def __init__(self, signing_key: bytes, clock: Clock) -> None:
        self._key = derived_key(signing_key, "milepost:device")
        self._clock = clock

    def issue(self, email: str, device: str | None) -> str:
        """A token for the account on this device, or on a new one where `device` is None."""
        end_s = int(self._clock().timestamp()) + LIFETIME_S
        body = f"{device or secrets.token_hex(8)}_{end_s}"
        return f"{_START}_{body}_{self._seal(body, email)}"

    def device_of(self, token: str | None, email: str) -> str | None:
        """The device whose token that is; None if it was not made for this account."""
        start, _, rest = (token or "").partition("_")
        body, _, seal = rest.rpartition("_")
        if start != _START or not hmac.compare_digest(
            seal.encode(), self._seal(body, email).encode()
        ):
            return None
        device, _, end_s = body.partition("_")
        return device if int(end_s) > self._clock().timestamp() else None

    def _seal(self, body: str, email: str) -> str:
        text = f"{body}_{email.lower()}".encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()
