"""Opens the logs in their form: streams of a NATS server, or files in the data folder."""

from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from milepost.stores.log.contract import Log
from milepost.stores.log.jetstream import JetStreamLog
from milepost.stores.log.nats_address import NatsAddress, parse_nats_url
from milepost.stores.log.segments import open_segments


class OpenedLogs(msgspec.Struct, frozen=True):
    """A log for each shard, and those that a start with other settings has left.

    What is left over was acknowledged, and may be nowhere else.
    """

    of_shards: list[Log]
    left_over: list[Log]


async def open_logs(
    stack: AsyncExitStack, url: str | None, folder: Path, shards: int
) -> OpenedLogs:
    """Open the logs of a server; the stack closes them.

    Raises:
        Unavailable: the NATS server does not answer, or the folder cannot be read.
        InvalidInput: the URL is none, or the NATS server has a setting with which it loses data.
    """
    if url is None:
        own, others = await open_segments(stack, folder, shards)
        return OpenedLogs([*own], [*others])
    streams = await _open_streams(stack, parse_nats_url(url), shards)
    _, of_folder = await open_segments(stack, folder, 0)
    return OpenedLogs(streams.of_shards, [*streams.left_over, *of_folder])


async def open_all_logs(stack: AsyncExitStack, url: str | None, folder: Path) -> list[Log]:
    """Every log that may hold something, for a command that reads what was acknowledged.

    Raises:
        Unavailable: the NATS server does not answer, or the folder cannot be read.
        InvalidInput: the URL is none, or the NATS server has a setting with which it loses data.
    """
    if url is None:
        return (await open_logs(stack, None, folder, 0)).left_over
    opened = await open_logs(stack, url, folder, 1)
    return [*opened.of_shards, *opened.left_over]


async def _open_streams(stack: AsyncExitStack, address: NatsAddress, shards: int) -> OpenedLogs:
    first = await _open_stream(stack, address, 0)
    opened = OpenedLogs([first], [])
    for number in range(1, shards):
        opened.of_shards.append(await _open_stream(stack, address, number))
    for number in await first.numbers():
        if number >= shards:
            opened.left_over.append(await _open_stream(stack, address, number))
    return opened


async def _open_stream(stack: AsyncExitStack, address: NatsAddress, number: int) -> JetStreamLog:
    entries = JetStreamLog(address, number)
    stack.push_async_callback(entries.close)
    await entries.open()
    return entries
