"""Bodies are decoded once, strictly, into the type that the route asks for."""

from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from milepost.api.unknown_fields import check_fields

MAX_THROWN_AWAY_BYTES = 50_000_000


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body must have the very types of the schema: "5" is not a number.

    The framework's own conversion is lenient, which suits query strings and not JSON.
    """

    async def body(self) -> bytes:
        """The body.

        One that is too large is read to its end all the same, and thrown away: a client that is
        still sending would find its connection closed instead of the reason.

        Raises:
            RequestEntityTooLarge: it is larger than the application takes.
        """
        try:
            return await super().body()
        except RequestEntityTooLarge:
            await self._throw_away()
            raise

    async def _throw_away(self) -> None:
        left = MAX_THROWN_AWAY_BYTES
        while left > 0:
            message = await self.receive()
            if message["type"] != "http.request" or not message["more_body"]:
                return
            left -= len(message["body"])

    async def json(self) -> Any:
        """The body as the type of the route's `data`.

        Raises:
            msgspec.DecodeError: the body is not JSON.
            msgspec.ValidationError: it is, and not what the route takes.
            UnknownNames: it has fields that the route does not know.
        """
        field = self.route_handler.parsed_data_field
        kind = Any if field is None else field.annotation
        body = await self.body()
        try:
            return _decoded(kind, body)
        except RecursionError as error:
            raise msgspec.DecodeError("the body is nested too deeply") from error


def _decoded(kind: type, body: bytes) -> Any:
    try:
        return _decoder(kind).decode(body)
    except msgspec.ValidationError:
        check_fields(kind, body)
        raise


@cache
def _decoder(kind: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
