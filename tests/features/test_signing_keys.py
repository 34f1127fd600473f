"""The signing key is changed without anybody losing a session or a second factor."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from milepost.errors import Conflict, NotFound, Unauthenticated, Unavailable
from milepost.features.second_factor.sealing import Sealer
from milepost.features.signing_keys import (
    derived_key,
    forget_previous_key,
    load_signing_keys,
    rotate,
)
from milepost.features.tokens import AccessClaims, TokenSigner

NOW = datetime(2026, 2, 3, tzinfo=UTC)
CLAIMS = AccessClaims(uuid4(), uuid4(), uuid4())
OLD, NEW = b"o" * 32, b"n" * 32


def test_a_change_keeps_the_key_before_until_the_server_has_taken_note(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        rotate(tmp_path)
    before = load_signing_keys(tmp_path)
    assert before.previous is None
    rotate(tmp_path)
    after = load_signing_keys(tmp_path)
    assert after.previous == before.current
    assert after.current != before.current
    with pytest.raises(Conflict, match="start the server first"):
        rotate(tmp_path)
    assert load_signing_keys(tmp_path) == after
    forget_previous_key(tmp_path)
    rotate(tmp_path)
    assert load_signing_keys(tmp_path).previous == after.current
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_tokens_of_the_key_before_are_good_until_the_last_one_has_expired() -> None:
    now = [NOW]
    old = TokenSigner(OLD, lambda: now[0])
    token = old.issue(CLAIMS)
    now[0] += timedelta(seconds=5)
    new = TokenSigner(NEW, lambda: now[0], previous_key=OLD)
    assert new.verify(token)[0] == CLAIMS
    assert new.verify(new.issue(CLAIMS))[0] == CLAIMS
    with pytest.raises(Unauthenticated):
        TokenSigner(NEW, lambda: now[0]).verify(token)
    # Whoever has the key of yesterday makes no token of today with it.
    now[0] += timedelta(seconds=900)
    with pytest.raises(Unauthenticated):
        new.verify(old.issue(CLAIMS))
    with pytest.raises(Unauthenticated):
        old.verify(new.issue(CLAIMS))


def test_a_secret_is_opened_by_its_key_for_its_account_alone() -> None:
    user_id = uuid4()
    sealed = Sealer(OLD).seal(user_id, "JBSWY3DPEHPK3PXP")
    assert b"JBSWY3DP" not in sealed
    assert sealed != Sealer(OLD).seal(user_id, "JBSWY3DPEHPK3PXP")
    both = Sealer(NEW, OLD)
    assert both.open(user_id, sealed) == "JBSWY3DPEHPK3PXP"
    assert not both.is_current(sealed)
    assert both.is_current(both.seal(user_id, "x"))
    damaged = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for sealer, owner, text in (
        (Sealer(NEW), user_id, sealed),
        (both, uuid4(), sealed),
        (both, user_id, damaged),
        (both, user_id, sealed[:10]),
        (both, user_id, b""),
    ):
        with pytest.raises(Unavailable):
            sealer.open(owner, text)


def test_derived_keys_differ_by_purpose_and_by_key() -> None:
    keys = {derived_key(key, purpose) for key in (OLD, NEW) for purpose in ("a", "b")}
    assert len(keys) == 4
    # RFC 5869 with an empty salt, by hand: extract, then one block of expand.
    extracted = hmac.digest(bytes(32), OLD, hashlib.sha256)
    assert derived_key(OLD, "a") == hmac.digest(extracted, b"a\x01", hashlib.sha256)
