"""Names of channels: `vehicle:{id}`, `fleet:all`, `system:notifications` and so on."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Literal
from uuid import UUID

import msgspec

from milepost.errors import InvalidInput

ChannelKind = Literal["vehicle", "fleet", "fleet_all", "driver", "user", "system", "admin"]

SYSTEM_TOPICS = ("notifications", "announcements")
EVERY_ADMIN_CHANNEL = "admin:*"
ALLOWED = (
    "vehicle:{id}, fleet:{id}, fleet:all, driver:{id}, user:{id}, system:notifications, "
    "system:announcements or admin:{topic}"
)
_ADMIN_TOPIC = re.compile(r"\*|[a-z0-9_-]{1,40}")
_MAX_NAME_CHARS = 64


class Channel(msgspec.Struct, frozen=True):
    """A parsed name. `id` is set for vehicle, fleet, driver and user."""

    name: str
    kind: ChannelKind
    id: UUID | None = None


def _with_id(kind: ChannelKind) -> Callable[[str], Channel | None]:
    def parse(rest: str) -> Channel | None:
        try:
            identity = UUID(rest)
        except ValueError:
            return None
        return Channel(f"{kind}:{identity}", kind, identity)

    return parse


def _fleet(rest: str) -> Channel | None:
    return Channel("fleet:all", "fleet_all") if rest == "all" else _with_id("fleet")(rest)


def _system(rest: str) -> Channel | None:
    return Channel(f"system:{rest}", "system") if rest in SYSTEM_TOPICS else None


def _admin(rest: str) -> Channel | None:
    return Channel(f"admin:{rest}", "admin") if _ADMIN_TOPIC.fullmatch(rest) else None


_PARSERS: Mapping[str, Callable[[str], Channel | None]] = MappingProxyType(
    {
        "vehicle": _with_id("vehicle"),
        "fleet": _fleet,
        "driver": _with_id("driver"),
        "user": _with_id("user"),
        "system": _system,
        "admin": _admin,
    }
)


@lru_cache(maxsize=65536)
def parse_channel(name: str) -> Channel:
    """The channel of a name; ids come out in their canonical lower-case form.

    Raises:
        InvalidInput: there is no such kind of channel, or its id is not a UUID.
    """
    prefix, _, rest = name.partition(":")
    parse = _PARSERS.get(prefix)
    channel = parse(rest) if parse is not None and len(name) <= _MAX_NAME_CHARS else None
    if channel is None:
        raise InvalidInput("channel", name[:_MAX_NAME_CHARS], ALLOWED)
    return channel
