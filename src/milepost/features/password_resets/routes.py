"""Codes for a new password: made below /users, used below /auth."""

from typing import Any
from uuid import UUID

from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT

from milepost.features.guards import PUBLIC, needs
from milepost.features.password_resets import service
from milepost.features.password_resets.schemas import PasswordReset, ResetCode
from milepost.features.password_resets.service import PasswordResets
from milepost.features.sign_in.authenticator import client_address
from milepost.features.wire import view_of
from milepost.features.work import Work


@post("/{user_id:uuid}/password-reset", operation_id="createPasswordReset")
async def create_password_reset(user_id: FromPath[UUID], work: NamedDependency[Work]) -> ResetCode:
    """Make a code with which a user sets a new password: good once, for an hour.

    It is in this answer and nowhere else, so this call takes no Idempotency-Key.
    """
    return view_of(await service.make_code(work, user_id), ResetCode)


@post("/reset-password", operation_id="resetPassword", status_code=HTTP_204_NO_CONTENT)
async def reset_password(
    data: JSONBody[PasswordReset],
    request: Request[Any, Any, Any],
    password_resets: NamedDependency[PasswordResets],
) -> None:
    """Set a new password with a code. All sessions end; a second factor stays."""
    await password_resets.use(data, client_address(request))


ROUTER = Router(
    "/users", route_handlers=[create_password_reset], guards=[needs("administer")], tags=["Users"]
)
PUBLIC_ROUTER = Router(
    "/auth", route_handlers=[reset_password], opt={PUBLIC: True}, tags=["Sign-in"]
)
