"""Opens the log in its form: a stream of a NATS server, or files in the data folder."""

from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from milepost.stores.log.contract import Log
from milepost.stores.log.jetstream import JetStreamLog
from milepost.stores.log.nats_address import parse_nats_url
from milepost.stores.log.segments import SegmentLog


class OpenedLogs(msgspec.Struct, frozen=True):
    """The log, and the folder's log of before if the log is elsewhere now."""

    current: Log
    leftover: Log | None = None


async def open_logs(stack: AsyncExitStack, url: str | None, folder: Path) -> OpenedLogs:
    """Open the log of a server; the stack closes it.

    Raises:
        Unavailable: the NATS server does not answer, or the folder cannot be read.
        InvalidInput: the URL is none, or the NATS server has a setting with which it loses data.
    """
    if url is None:
        return OpenedLogs(await _folder_log(stack, folder))
    current = JetStreamLog(parse_nats_url(url))
    stack.push_async_callback(current.close)
    await current.open()
    return OpenedLogs(current, await _folder_log(stack, folder))


async def _folder_log(stack: AsyncExitStack, folder: Path) -> SegmentLog:
    entries = SegmentLog(folder)
    stack.push_async_callback(entries.close)
    await entries.open()
    return entries
