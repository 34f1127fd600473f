"""Between the two steps of a sign-in: a token that says that the password was right.

It is good for five minutes, and only as long as the account has the same password. A code of the
second factor is good once, so a copy of the token begins no second session with the same code.
"""

from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from milepost.errors import Unauthenticated
from milepost.features.signing_keys import derived_key
from milepost.features.tokens import secret_hash
from milepost.features.work import Clock

LIFETIME_S = 300
_AUDIENCE = "milepost:second-step"


class Challenge(msgspec.Struct, frozen=True):
    """Whose password was right, in which tenant they sign in, and a mark of that password.

    `device` names the device whose token came along with the password; None without.
    """

    user_id: UUID
    tenant_id: UUID
    password_mark: str
    device: str | None = None


class Challenges:
    """Issues and checks tokens: JWT, HS256, under a key derived from the server's signing key."""

    def __init__(self, signing_key: bytes, clock: Clock) -> None:
        self._key = OctKey.import_key(derived_key(signing_key, _AUDIENCE))
        self._clock = clock

    def issue(self, challenge: Challenge) -> str:
        """A token that is good for `LIFETIME_S` seconds."""
        body = {
            "aud": _AUDIENCE,
            "sub": str(challenge.user_id),
            "tid": str(challenge.tenant_id),
            "pwd": challenge.password_mark,
            "dev": challenge.device,
            "exp": int(self._clock().timestamp()) + LIFETIME_S,
        }
        return jwt.encode({"alg": "HS256"}, body, self._key, algorithms=["HS256"])

    def check(self, token: str) -> Challenge:
        """What the token says.

        Raises:
            Unauthenticated: it is not ours, or too old.
        """
        required = jwt.JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            aud={"essential": True, "value": _AUDIENCE},
            sub={"essential": True},
            tid={"essential": True},
            pwd={"essential": True},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
            required.validate(claims)
            ids = (UUID(claims["sub"]), UUID(claims["tid"]))
            return Challenge(*ids, str(claims["pwd"]), claims.get("dev"))
        except (JoseError, ValueError) as error:
            raise Unauthenticated("the sign-in took too long; begin again") from error


def password_mark(password_hash: str | None) -> str:
    """What tells one password of an account from the next, and nothing about either."""
    return secret_hash(password_hash or "").hex()[:16]
