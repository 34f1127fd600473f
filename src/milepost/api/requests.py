"""Bodies are decoded once, strictly, into the type that the route asks for."""

from functools import cache
from typing import Any

import msgspec
from litestar import Request


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body must have the very types of the schema: "5" is not a number.

    The framework's own conversion is lenient, which suits query strings and not JSON.
    """

    async def json(self) -> Any:
        """The body as the type of the route's `data`.

        Raises:
            msgspec.DecodeError: the body is not JSON.
            msgspec.ValidationError: it is, and not what the route takes.
        """
        field = self.route_handler.parsed_data_field
        kind = Any if field is None else field.annotation
        return _decoder(kind).decode(await self.body())


@cache
def _decoder(kind: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
