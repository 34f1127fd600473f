"""The only builder of long-lived objects: opened in order, closed in reverse."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import structlog

from milepost.errors import InvalidInput, MilepostError
from milepost.settings import Settings
from milepost.workers.processor_store import AutoRegistration

log = structlog.get_logger(__name__)

ENGINE_ANSWER_WITHIN_S = 20.0


def wall_clock_ms() -> int:
    """Now, in milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


def auto_registration(setting: str | None) -> AutoRegistration | None:
    """The setting `tenant-slug:pattern`, parsed.

    Raises:
        InvalidInput: it has no colon, or the pattern is not a regular expression.
    """
    if setting is None:
        return None
    slug, colon, pattern = setting.partition(":")
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InvalidInput("MILEPOST_AUTO_REGISTER", pattern, f"a pattern ({error})") from error
    if not colon or not slug or not pattern:
        raise InvalidInput("MILEPOST_AUTO_REGISTER", setting, "tenant-slug:pattern")
    return AutoRegistration(slug, compiled)
