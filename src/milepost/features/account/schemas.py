"""One's own account on the wire."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from milepost.features.users.schemas import Password
from milepost.features.wire import Body, Wire

# What comes in is compared, never kept.
_Typed = Annotated[str, Meta(min_length=1, max_length=1000)]
_Code = Annotated[str, Meta(min_length=1, max_length=100)]


class PasswordChange(Body, frozen=True):
    """The present password, and the one that is to replace it."""

    current_password: _Typed
    new_password: Password


class SessionsEnd(Body, frozen=True):
    """The account's password, and the session that is to end; null: all but the present one."""

    password: _Typed
    session_id: UUID | None = None


class FactorBegin(Body, frozen=True):
    """The account's password."""

    password: _Typed


class FactorConfirm(Body, frozen=True):
    """The first code that the authenticator shows."""

    code: _Code


class FactorProof(Body, frozen=True):
    """The account's password, and a code of the authenticator or a recovery code."""

    password: _Typed
    code: _Code


class FactorView(Wire, frozen=True):
    """Whether the second factor is on, and how many recovery codes are left."""

    enabled: bool
    recovery_codes_left: int


class EnrolmentView(Wire, frozen=True):
    """What an authenticator takes: the QR code (an SVG of `uri`), or `secret` by hand."""

    secret: str
    uri: str
    qr_svg: str


class RecoveryCodes(Wire, frozen=True):
    """Codes that are good once each, without the authenticator. They are shown this once."""

    codes: list[str]
