"""The second look at what cannot be taken back: a token that is good for one such thing.

The token names who may use it, for what exactly, until when, and the id that what comes of it will
have. So it works once: a second one of the same id is refused.
"""

import hashlib
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from milepost.errors import InvalidInput
from milepost.features.work import Clock

LIFETIME_S = 120
_ISSUER = "milepost:confirmation"
_ALLOWED = "the confirmation token of this very call, by the same caller, within two minutes"


class Confirmations:
    """Issues and checks tokens: JWT, HS256, under a key derived from the server's signing key."""

    def __init__(self, signing_key: bytes, clock: Clock) -> None:
        key = hashlib.sha256(_ISSUER.encode() + signing_key).digest()
        self._key = OctKey.import_key(key)
        self._clock = clock

    def issue(self, who: str, intent: msgspec.Struct, identity: UUID) -> str:
        """A token for one thing that is intended, which will have this id.

        The types of intents differ in their names.
        """
        body = {
            "iss": _ISSUER,
            "sub": _subject(who, intent),
            "jti": str(identity),
            "exp": int(self._clock().timestamp()) + LIFETIME_S,
        }
        return jwt.encode({"alg": "HS256"}, body, self._key, algorithms=["HS256"])

    def check(self, token: str, who: str, intent: msgspec.Struct) -> UUID:
        """The id that what was confirmed is to have.

        Raises:
            InvalidInput: the token is not ours, too old, or for something else.
        """
        required = jwt.JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            iss={"essential": True, "value": _ISSUER},
            sub={"essential": True, "value": _subject(who, intent)},
            jti={"essential": True},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
            required.validate(claims)
            return UUID(claims["jti"])
        except (JoseError, ValueError) as error:
            raise InvalidInput("confirm", token[:20], _ALLOWED) from error


def _subject(who: str, intent: msgspec.Struct) -> str:
    return f"{who} {type(intent).__name__} {msgspec.json.encode(intent).decode()}"
