"""Secrets at rest: encrypted with a key that is derived from the server's signing key.

A sealed secret is the key's id (8 bytes), a nonce (12 bytes), and AES-256-GCM's output, bound to
the account that it belongs to.
"""

import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from milepost.errors import Unavailable
from milepost.features.signing_keys import derived_key
from milepost.features.tokens import key_id

_PURPOSE = "milepost:second-factor"
_ID_BYTES = 8
_NONCE_BYTES = 12


class Sealer:
    """Seals under the current signing key; opens what it or the key before it sealed."""

    def __init__(self, signing_key: bytes, previous_key: bytes | None = None) -> None:
        keys = [signing_key] if previous_key is None else [previous_key, signing_key]
        self._ciphers = {_id(key): AESGCM(derived_key(key, _PURPOSE)) for key in keys}
        self._current = _id(signing_key)

    def seal(self, user_id: UUID, secret: str) -> bytes:
        """The secret, encrypted for this account."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = self._ciphers[self._current]
        return self._current + nonce + cipher.encrypt(nonce, secret.encode(), user_id.bytes)

    def open(self, user_id: UUID, sealed: bytes) -> str:
        """The secret again.

        Raises:
            Unavailable: the key that sealed it is gone, or it was sealed for another account.
        """
        cipher = self._ciphers.get(sealed[:_ID_BYTES])
        nonce = sealed[_ID_BYTES : _ID_BYTES + _NONCE_BYTES]
        body = sealed[_ID_BYTES + _NONCE_BYTES :]
        try:
            if cipher is not None:
                return cipher.decrypt(nonce, body, user_id.bytes).decode()
        except (InvalidTag, ValueError):
            pass
        raise Unavailable("the second factor", "the signing key that sealed it is gone; reset it")

    def is_current(self, sealed: bytes) -> bool:
        """Whether the current signing key sealed it."""
        return sealed.startswith(self._current)


def _id(signing_key: bytes) -> bytes:
    return bytes.fromhex(key_id(signing_key))
