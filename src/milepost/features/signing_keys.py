"""The server's signing key: replaced by the operator, and the root of the keys for other uses."""

import os
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from milepost.errors import Conflict, NotFound
from milepost.features.tokens import key_id, load_signing_key

CURRENT = "signing.key"
PREVIOUS = "signing.previous.key"
_NEXT = "signing.next.key"
_KEY_BYTES = 32


class SigningKeys(msgspec.Struct, frozen=True):
    """The key that signs, and the one before it while the server takes note of the change."""

    current: bytes
    previous: bytes | None = None


def load_signing_keys(folder: Path) -> SigningKeys:
    """The keys of the data folder; the first start makes the current one."""
    previous = folder / PREVIOUS
    current = load_signing_key(folder / CURRENT)
    return SigningKeys(current, load_signing_key(previous) if previous.exists() else None)


def derived_key(signing_key: bytes, purpose: str) -> bytes:
    """A key of 256 bits for one purpose: HKDF with SHA-256 (RFC 5869)."""
    derivation = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose.encode())
    return derivation.derive(signing_key)


def forget_previous_key(folder: Path) -> None:
    """Nothing at rest needs the key before the current one any more."""
    (folder / PREVIOUS).unlink(missing_ok=True)


def rotate(folder: Path) -> str:
    """Put a new key in the place of the current one, and keep that for the next start.

    Returns:
        The id of the new key.

    Raises:
        NotFound: there is no key yet; the first start makes one.
        Conflict: the server has not been started since the last change: what is encrypted under
            the key before would be lost.
    """
    current, previous, new = folder / CURRENT, folder / PREVIOUS, folder / _NEXT
    if not current.exists():
        raise NotFound("signing key", current)
    if previous.exists():
        raise Conflict("signing key", f"start the server first: {previous} is still needed")
    new.unlink(missing_ok=True)
    made = load_signing_key(new)
    # A second name for the old key first: whatever happens in between, no key is lost.
    os.link(current, previous)
    new.replace(current)
    return key_id(made)
