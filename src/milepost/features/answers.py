"""Answers about entities: with their entity tag, and with the place of a new one."""

from http import HTTPStatus
from typing import TypeVar

from litestar import Response
from litestar.datastructures import ResponseHeader

from milepost.features.etags import etag_of

T = TypeVar("T")

ETAG = ResponseHeader(
    name="ETag",
    value="",
    documentation_only=True,
    description="The entity as it was told, for `If-Match` and `If-None-Match`.",
)


def tagged(content: T, version: int) -> Response[T]:
    """An entity with its tag."""
    return Response(content, headers={"ETag": etag_of(version, content)})


def created(content: T, path: str, version: int | None = None) -> Response[T]:
    """A new thing with its place below /api/v1, and its tag if it has versions."""
    headers = {"Location": f"/api/v1{path}"}
    if version is not None:
        headers["ETag"] = etag_of(version, content)
    return Response(content, status_code=HTTPStatus.CREATED, headers=headers)
