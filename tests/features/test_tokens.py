"""Access tokens and the key that signs them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from milepost.errors import InvalidInput, Unauthenticated
from milepost.features.tokens import (
    AccessClaims,
    TokenSigner,
    key_id,
    load_signing_key,
    new_secret,
    secret_hash,
)

KEY = b"k" * 32
NOW = datetime(2026, 2, 3, tzinfo=UTC)
CLAIMS = AccessClaims(uuid4(), uuid4(), uuid4())


def test_a_token_carries_its_claims_until_it_expires() -> None:
    now = [NOW]
    signer = TokenSigner(KEY, lambda: now[0], lifetime_s=60)
    token = signer.issue(CLAIMS)
    now[0] += timedelta(seconds=20)
    assert signer.verify(token) == (CLAIMS, 40.0)
    now[0] += timedelta(seconds=41)
    with pytest.raises(Unauthenticated):
        signer.verify(token)


def test_rejects_a_token_without_a_signature_or_with_claims_missing() -> None:
    signer = TokenSigner(KEY, lambda: NOW)
    header, body, _ = signer.issue(CLAIMS).split(".")
    unsigned = f"eyJhbGciOiJub25lIn0.{body}."
    for token in (unsigned, f"{header}.{body}.", f"{header}.{body}", signed({}), ""):
        with pytest.raises(Unauthenticated):
            signer.verify(token)


def signed(claims: dict[str, object], **header: str) -> str:
    """A token under the right key, with the header that the signer gives it, or another."""
    whole = {"alg": "HS256", "kid": key_id(KEY), **header}
    key = OctKey.import_key(KEY)
    return jwt.encode({k: v for k, v in whole.items() if v}, claims, key)


def test_rejects_a_token_for_somebody_else_or_without_the_keys_id() -> None:
    signer = TokenSigner(KEY, lambda: NOW)
    good: dict[str, object] = {
        "iss": "milepost",
        "aud": "milepost:api",
        "sub": str(uuid4()),
        "tid": str(uuid4()),
        "fam": str(uuid4()),
        "exp": int(NOW.timestamp()) + 60,
    }
    signer.verify(signed(good))
    without = {name: value for name, value in good.items() if name != "aud"}
    for bad in (
        signed(good | {"aud": "milepost:second-step"}),
        signed(good | {"aud": ["somebody", "else"]}),
        signed(without),
        signed(good | {"iss": "somebody"}),
        signed(good, kid=""),
        signed(good, kid="0123456789abcdef"),
    ):
        with pytest.raises(Unauthenticated):
            signer.verify(bad)


def test_the_signing_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    (tmp_path / "signing.draft").write_bytes(b"half a k")
    key = load_signing_key(path)
    assert len(key) == 32
    assert load_signing_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"abc", b"k" * 31])
def test_a_key_that_is_too_short_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "signing.key"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=rf"signing.key: 'a key of {len(content)} bytes' came"):
        load_signing_key(path)
    assert path.read_bytes() == content


def test_a_key_that_others_could_read_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    path.write_bytes(KEY)
    path.chmod(0o644)
    assert load_signing_key(path) == KEY
    assert path.stat().st_mode & 0o777 == 0o600


def test_secrets_differ_and_only_their_hash_tells_them_apart() -> None:
    assert new_secret() != new_secret()
    assert len(secret_hash(new_secret())) == 32
