"""`milepost serve`: the server process itself, which `up` and `demo` supervise."""

import argparse
import asyncio
import os
import signal

import uvloop

from milepost.cli.logs import configure_logs
from milepost.cli.up import add_server_flags
from milepost.compose import Platform, open_platform
from milepost.settings import Settings, load_settings

BEAT_INTERVAL_S = 1.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser("serve", help="the server process without its supervisor")
    add_server_flags(parser)
    parser.add_argument("--beat-fd", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--parent-fd", type=int, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM, SIGINT, or the supervisor's end."""
    settings = load_settings(os.environ, data=args.data, host=args.host, port=args.port)
    configure_logs(settings.log_level, settings.log_format)
    uvloop.run(_serve(settings, args.beat_fd, args.parent_fd))
    return 0


async def _serve(settings: Settings, beat_fd: int | None, parent_fd: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if parent_fd is not None:
        # The pipe becomes readable at its end: the supervisor is gone, nobody would restart us.
        loop.add_reader(parent_fd, stop.set)
    async with open_platform(settings) as platform:
        beating = asyncio.create_task(_beat(platform, beat_fd))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({stopped, platform.failed}, return_when=asyncio.FIRST_COMPLETED)
        if parent_fd is not None:
            loop.remove_reader(parent_fd)
        stopped.cancel()
        beating.cancel()
        await asyncio.gather(stopped, beating, return_exceptions=True)
    if platform.failed.done():
        await platform.failed


async def _beat(platform: Platform, beat_fd: int | None) -> None:
    """Tell the supervisor about once a second that the loop turns and the engines answer."""
    if beat_fd is None:
        return
    while True:
        if await platform.engines_answer():
            os.write(beat_fd, b".")
        await asyncio.sleep(BEAT_INTERVAL_S)
