"""Every error as problem details (RFC 9457): one table from errors to status codes."""

import math
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from milepost.api.allowed_methods import with_head
from milepost.api.route_parameters import malformed_parameter, parameters_of
from milepost.errors import (
    AlreadyThere,
    ConfirmationNeeded,
    Conflict,
    Forbidden,
    InvalidInput,
    KeyReused,
    MilepostError,
    NotFound,
    RateLimited,
    SecondStepNeeded,
    StaleVersion,
    Unauthenticated,
    Unavailable,
    UnknownNames,
)

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[MilepostError], HTTPStatus] = MappingProxyType(
    {
        InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
        Unauthenticated: HTTPStatus.UNAUTHORIZED,
        Forbidden: HTTPStatus.FORBIDDEN,
        NotFound: HTTPStatus.NOT_FOUND,
        Conflict: HTTPStatus.CONFLICT,
        StaleVersion: HTTPStatus.PRECONDITION_FAILED,
        AlreadyThere: HTTPStatus.PRECONDITION_FAILED,
        ConfirmationNeeded: HTTPStatus.PRECONDITION_REQUIRED,
        KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
        RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
        Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    }
)

# What the framework refuses before our code is asked.
_FRAMEWORK_CODES: Mapping[int, str] = MappingProxyType(
    {
        400: "malformed_request",
        404: "not_found",
        405: "method_not_allowed",
        413: "payload_too_large",
        415: "unsupported_media_type",
    }
)


# How the framework says it; it gives no field then.
_MISSING = re.compile(r"Missing required \w+ parameter '([^']+)'")
_ID_FORM = "a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057"
_SHOWN_CHARS = 60


class InvalidField(msgspec.Struct, frozen=True):
    """One value of a request that was refused."""

    field: str
    detail: str


class Confirmation(msgspec.Struct, frozen=True, rename="camel"):
    """What confirms the call: send it again with `confirm` set to the token."""

    token: str
    expires_in_s: int


class Challenge(msgspec.Struct, frozen=True, rename="camel"):
    """What the second step of a sign-in takes, with a code of the second factor."""

    token: str
    expires_in_s: int


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Problem details (RFC 9457). `code` is stable: programs decide by it, people read `detail`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: tuple[InvalidField, ...] = ()
    confirmation: Confirmation | None = None
    challenge: Challenge | None = None


def status_of(error: MilepostError) -> HTTPStatus:
    """The status of the nearest class in the table; an error that is not in it is our fault."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem_response(
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    errors: tuple[InvalidField, ...] = (),
    headers: Mapping[str, str] | None = None,
    confirmation: Confirmation | None = None,
    challenge: Challenge | None = None,
) -> Response[Problem]:
    """The answer that describes one problem."""
    problem = Problem(
        type=f"urn:milepost:problem:{code}",
        title=status.phrase,
        status=status,
        detail=detail,
        code=code,
        errors=errors,
        confirmation=confirmation,
        challenge=challenge,
    )
    return Response(problem, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _milepost_error(_: Request[Any, Any, Any], error: MilepostError) -> Response[Problem]:
    headers: dict[str, str] = {}
    errors: tuple[InvalidField, ...] = ()
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    if isinstance(error, InvalidInput):
        errors = (InvalidField(error.field, str(error)),)
    if isinstance(error, UnknownNames):
        errors = tuple(InvalidField(*reason) for reason in error.reasons.items())
    confirmation = None
    if isinstance(error, ConfirmationNeeded):
        confirmation = Confirmation(error.token, error.expires_in_s)
    challenge = None
    if isinstance(error, SecondStepNeeded):
        challenge = Challenge(error.token, error.expires_in_s)
    return problem_response(
        status_of(error),
        error.code,
        str(error),
        errors=errors,
        headers=headers,
        confirmation=confirmation,
        challenge=challenge,
    )


def _invalid_body(
    _request: Request[Any, Any, Any], error: msgspec.ValidationError
) -> Response[Problem]:
    detail, _, path = str(error).partition(" - at `")
    field = path.rstrip("`").removeprefix("$.") or "body"
    return problem_response(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        InvalidInput.code,
        f"{field}: {detail}",
        errors=(InvalidField(field, detail),),
    )


def _malformed_body(_: Request[Any, Any, Any], error: ValueError) -> Response[Problem]:
    return problem_response(HTTPStatus.BAD_REQUEST, "malformed_request", str(error))


def _framework_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return _nothing_there(request, error)
    errors = _invalid_parameters(request, error)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus(error.status_code)
    code = InvalidInput.code if errors else _FRAMEWORK_CODES.get(error.status_code, "error")
    detail = "; ".join(f"{item.field}: {item.detail}" for item in errors) or error.detail
    return problem_response(status, code, detail, errors=errors, headers=_headers_of(error))


def _nothing_there(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """The path leads nowhere; if only because an id in it is none, the answer says so."""
    malformed = malformed_parameter(request.app, request.scope["path"])
    errors: tuple[InvalidField, ...] = ()
    detail = error.detail
    if malformed is not None:
        came = malformed.came[:_SHOWN_CHARS]
        errors = (InvalidField(malformed.name, f"must be {_ID_FORM} (got {came!r})"),)
        detail = f"{malformed.name} {errors[0].detail}"
    return problem_response(HTTPStatus.NOT_FOUND, NotFound.code, detail, errors=errors)


def _headers_of(error: HTTPException) -> dict[str, str]:
    headers = {name.title(): value for name, value in (error.headers or {}).items()}
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted(with_head(headers["Allow"].split(", "))))
    return headers


def _invalid_parameters(
    request: Request[Any, Any, Any], error: HTTPException
) -> tuple[InvalidField, ...]:
    """The parameters that the framework refused, by the names that the client knows."""
    if missing := _MISSING.match(error.detail):
        return (InvalidField(missing[1], "is required"),)
    found = error.extra if isinstance(error.extra, list) else []
    names = parameters_of(request).wire_names if found else {}
    return tuple(
        InvalidField(names.get(key, key), str(item.get("message", "")))
        for item in found
        if isinstance(item, Mapping) and (key := str(item.get("key", "request")))
    )


def _unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    if isinstance(error, ExceptionGroup):
        return _grouped_errors(request, error)
    structlog.get_logger("milepost.api").error(
        "request_failed", method=request.method, path=request.url.path, exc_info=error
    )
    return problem_response(
        HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "the server failed; the log says why"
    )


def _grouped_errors(
    request: Request[Any, Any, Any], group: ExceptionGroup[Exception]
) -> Response[Problem]:
    """What failed together, answered as the one that says most: an engine that is gone first.

    The framework gathers what fails while a request's dependencies are closed.
    """
    leaves = list(_leaves(group))
    ours = [each for each in leaves if isinstance(each, MilepostError)]
    away = [each for each in ours if isinstance(each, Unavailable)]
    if away or len(ours) == len(leaves):
        return _milepost_error(request, (away or ours)[0])
    return _unexpected_error(request, next(each for each in leaves if each not in ours))


def _leaves(group: ExceptionGroup[Exception]) -> Iterator[Exception]:
    for each in group.exceptions:
        if isinstance(each, ExceptionGroup):
            yield from _leaves(each)
        else:
            yield each


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    MilepostError: _milepost_error,
    msgspec.ValidationError: _invalid_body,
    msgspec.DecodeError: _malformed_body,
    UnicodeDecodeError: _malformed_body,
    HTTPException: _framework_error,
    Exception: _unexpected_error,
}
