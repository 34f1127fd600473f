"""Codes for a new password on the wire."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from milepost.features.users.schemas import Password
from milepost.features.wire import Body, Email, Wire


class PasswordReset(Body, frozen=True):
    """Whose password is set, with the code that an administrator has given them."""

    email: Email
    code: Annotated[str, Meta(min_length=1, max_length=100)]
    password: Password


class ResetCode(Wire, frozen=True):
    """The code; it is shown this once. Give it to the person over a way that you trust."""

    code: str
    expires_at: datetime
