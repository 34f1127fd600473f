"""The second look at a command that cuts an engine off: a token that is good for one such command.

The token names who may use it, for which device and vehicle, for which command, how long that may
wait, until when, and the id that the command will have. So it works once: a second command of the
same id is refused.
"""

import hashlib
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from milepost.domain.command import Command
from milepost.errors import InvalidInput
from milepost.features.work import Clock

LIFETIME_S = 120
_ISSUER = "milepost:command"
_ALLOWED = "the confirmation token of this command, by the same caller, within two minutes"


class Intent(msgspec.Struct, frozen=True):
    """What is confirmed: the device in its vehicle, the command, and how long it may wait."""

    device_id: UUID
    vehicle_id: UUID | None
    command: Command
    expires_in_s: int | None


class Confirmations:
    """Issues and checks tokens: JWT, HS256, under a key derived from the server's signing key."""

    def __init__(self, signing_key: bytes, clock: Clock) -> None:
        key = hashlib.sha256(_ISSUER.encode() + signing_key).digest()
        self._key = OctKey.import_key(key)
        self._clock = clock

    def issue(self, who: str, intent: Intent, command_id: UUID) -> str:
        """A token for one command."""
        body = {
            "iss": _ISSUER,
            "sub": _subject(who, intent),
            "jti": str(command_id),
            "exp": int(self._clock().timestamp()) + LIFETIME_S,
        }
        return jwt.encode({"alg": "HS256"}, body, self._key, algorithms=["HS256"])

    def check(self, token: str, who: str, intent: Intent) -> UUID:
        """The id that the confirmed command is to have.

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


def _subject(who: str, intent: Intent) -> str:
    return f"{who} {msgspec.json.encode(intent).decode()}"
