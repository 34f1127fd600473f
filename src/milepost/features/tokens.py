"""Access tokens (signed, short-lived) and opaque secrets (random, kept as a hash)."""

import hashlib
import math
import os
import secrets
import stat
from pathlib import Path
from uuid import UUID

import msgspec
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OctKey

from milepost.errors import InvalidInput, Unauthenticated
from milepost.features.work import Clock
from milepost.stores.folder_rights import fsync_folder

log = structlog.get_logger(__name__)

ISSUER = "milepost"
AUDIENCE = "milepost:api"
ACCESS_LIFETIME_S = 900
_KEY_BYTES = 32


class AccessClaims(msgspec.Struct, frozen=True):
    """Who an access token speaks for; what they may do is read from the database each time."""

    user_id: UUID
    tenant_id: UUID
    family_id: UUID


class TokenSigner:
    """Signs and verifies access tokens: JWT, HS256, with the key's id in the header.

    The key before the current one is accepted for as long as a token may live that was signed with
    it before this process began.
    """

    def __init__(
        self,
        key: bytes,
        clock: Clock,
        lifetime_s: int = ACCESS_LIFETIME_S,
        previous_key: bytes | None = None,
    ) -> None:
        self.lifetime_s = lifetime_s
        self._clock = clock
        self._key_id = key_id(key)
        self._keys = {self._key_id: (OctKey.import_key(key), math.inf)}
        if previous_key is not None:
            until_s = clock().timestamp() + lifetime_s
            entry = (OctKey.import_key(previous_key), until_s)
            self._keys.setdefault(key_id(previous_key), entry)

    def issue(self, claims: AccessClaims, lifetime_s: float | None = None) -> str:
        """A token that is good for `lifetime_s` seconds from now, at most the signer's own."""
        now_s = int(self._clock().timestamp())
        good_for_s = min(self.lifetime_s, math.inf if lifetime_s is None else lifetime_s)
        body = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(claims.user_id),
            "tid": str(claims.tenant_id),
            "fam": str(claims.family_id),
            "iat": now_s,
            "exp": now_s + int(good_for_s),
        }
        key, _ = self._keys[self._key_id]
        header = {"alg": "HS256", "kid": self._key_id}
        return jwt.encode(header, body, key, algorithms=["HS256"])

    def verify(self, token: str) -> tuple[AccessClaims, float]:
        """The claims of a token that we signed, and for how many seconds more it is good.

        Raises:
            Unauthenticated: it is not such a token.
        """
        now_s = self._clock().timestamp()
        required = jwt.JWTClaimsRegistry(
            now=int(now_s),
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
            sub={"essential": True},
            tid={"essential": True},
            fam={"essential": True},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._key_for, algorithms=["HS256"]).claims
            required.validate(claims)
            ids = (UUID(claims["sub"]), UUID(claims["tid"]), UUID(claims["fam"]))
            return AccessClaims(*ids), claims["exp"] - now_s
        except (JoseError, ValueError) as error:
            raise Unauthenticated("the access token is not valid or has expired") from error

    def _key_for(self, signed: GuestProtocol) -> OctKey:
        """The key that the token's header names, which may be neither absent nor too old.

        Raises:
            ValueError: there is no such key.
        """
        name = signed.headers().get("kid")
        key, until_s = self._keys.get(name if isinstance(name, str) else "", (None, 0.0))
        if key is None or self._clock().timestamp() >= until_s:
            raise ValueError("no key of ours")
        return key


def key_id(signing_key: bytes) -> str:
    """The public name of a key: eight bytes of a hash, in hexadecimal."""
    return hashlib.sha256(b"milepost:kid:" + signing_key).hexdigest()[:16]


def load_signing_key(path: Path) -> bytes:
    """The key kept in the file; the first call makes it, readable by the owner alone.

    The file appears whole or not at all, and outlives a power cut: half a key would be a weak one,
    a lost one signs everybody out. Rights that somebody else had to it are taken away.

    Raises:
        InvalidInput: the key is too short to sign with.
    """
    if not path.exists():
        _make_key(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        log.warning("signing_key.was_readable_by_others", file=str(path), mode=f"{mode:04o}")
        path.chmod(0o600)
    key = path.read_bytes()
    if len(key) < _KEY_BYTES:
        raise InvalidInput(
            str(path),
            f"a key of {len(key)} bytes",
            f"{_KEY_BYTES} bytes or more; without the file a new key is made, and everybody has "
            "to sign in again",
        )
    return key


def _make_key(path: Path) -> None:
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    fsync_folder(path.parent)


def new_secret() -> str:
    """256 random bits as text that fits in a header and a URL."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """What is kept of a random secret; it has too many bits to guess, so a fast hash will do."""
    return hashlib.sha256(secret.encode()).digest()
