"""/account: one's own."""

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from milepost.features.account import service
from milepost.features.account.qr import qr_svg
from milepost.features.account.schemas import (
    EnrolmentView,
    FactorBegin,
    FactorConfirm,
    FactorProof,
    FactorView,
    PasswordChange,
    RecoveryCodes,
    SessionsEnd,
)
from milepost.features.guards import WITHOUT_FACTOR
from milepost.features.paging import DEFAULT_LIMIT, After, Limit
from milepost.features.sessions.schemas import SessionPage, session_page
from milepost.features.sessions.store import page_sessions
from milepost.features.sign_in.proofs import Proofs
from milepost.features.users.store import sessions_of
from milepost.features.wire import view_of
from milepost.features.work import Work


@post("/password", operation_id="changeOwnPassword", status_code=HTTP_204_NO_CONTENT)
async def change_password(
    data: JSONBody[PasswordChange],
    own_work: NamedDependency[Work],
    proofs: NamedDependency[Proofs],
) -> None:
    """Change one's own password. Every other session ends; the present one goes on."""
    await service.change_password(own_work, proofs, data.current_password, data.new_password)


@get("/sessions", operation_id="listOwnSessions")
async def list_sessions(
    own_work: NamedDependency[Work], limit: Limit = DEFAULT_LIMIT, after: After = None
) -> SessionPage:
    """What one is signed in with, in all tenants of the account."""
    query = sessions_of(service.own_id(own_work), own_work.clock(), None)
    page = await page_sessions(own_work.connection, query, after, limit)
    return session_page(page, own_work.session_id)


@post("/sessions/end", operation_id="endOwnSessions", status_code=HTTP_204_NO_CONTENT)
async def end_sessions(
    data: JSONBody[SessionsEnd], own_work: NamedDependency[Work], proofs: NamedDependency[Proofs]
) -> None:
    """End one of one's own sessions, or all but the present one; it takes the password."""
    await service.end_own_sessions(own_work, proofs, data.password, data.session_id)


@get("/second-factor", operation_id="getSecondFactor", opt={WITHOUT_FACTOR: True})
async def get_factor(own_work: NamedDependency[Work]) -> FactorView:
    """Whether the second factor is on."""
    return view_of(await service.factor_state(own_work), FactorView)


@post(
    "/second-factor",
    operation_id="beginSecondFactor",
    status_code=HTTP_200_OK,
    opt={WITHOUT_FACTOR: True},
)
async def begin_factor(
    data: JSONBody[FactorBegin],
    own_work: NamedDependency[Work],
    proofs: NamedDependency[Proofs],
) -> EnrolmentView:
    """Get a secret for an authenticator; it counts once `confirm` has seen a first code."""
    made = await service.begin_factor(own_work, proofs, data.password)
    return view_of(made, EnrolmentView, qr_svg=qr_svg(made.uri))


@post(
    "/second-factor/confirm",
    operation_id="confirmSecondFactor",
    status_code=HTTP_200_OK,
    opt={WITHOUT_FACTOR: True},
)
async def confirm_factor(
    data: JSONBody[FactorConfirm],
    own_work: NamedDependency[Work],
    proofs: NamedDependency[Proofs],
) -> RecoveryCodes:
    """Turn the second factor on with a first code. Every other session ends."""
    return RecoveryCodes(codes=await service.confirm_factor(own_work, proofs, data.code))


@post("/second-factor/recovery-codes", operation_id="renewRecoveryCodes", status_code=HTTP_200_OK)
async def renew_recovery_codes(
    data: JSONBody[FactorProof],
    own_work: NamedDependency[Work],
    proofs: NamedDependency[Proofs],
) -> RecoveryCodes:
    """Get ten new recovery codes; those before are good no more."""
    codes = await service.renew_recovery_codes(own_work, proofs, data.password, data.code)
    return RecoveryCodes(codes=codes)


@post("/second-factor/remove", operation_id="removeSecondFactor", status_code=HTTP_204_NO_CONTENT)
async def remove_factor(
    data: JSONBody[FactorProof],
    own_work: NamedDependency[Work],
    proofs: NamedDependency[Proofs],
) -> None:
    """Turn the second factor off; it takes the password and a code."""
    await service.remove_factor(own_work, proofs, data.password, data.code)


ROUTER = Router(
    "/account",
    route_handlers=[
        change_password,
        list_sessions,
        end_sessions,
        get_factor,
        begin_factor,
        confirm_factor,
        renew_recovery_codes,
        remove_factor,
    ],
    tags=["Account"],
)
