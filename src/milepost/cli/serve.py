"""`milepost serve`: the server process itself, which `up` and `demo` supervise."""

import argparse
import asyncio
import gc
import os
import resource
import signal
from functools import partial

import uvloop

from milepost.cli.demo_seed import DEMO, check_demo_host, seed_demo, start_player
from milepost.cli.logs import configure_logs
from milepost.cli.up import add_server_flags
from milepost.compose.platform import Platform, open_platform
from milepost.settings import Settings, load_settings

BEAT_INTERVAL_S = 1.0
_ENOUGH_FILES = 65_536


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser("serve", help="the server process without its supervisor")
    add_server_flags(parser)
    parser.add_argument("--beat-fd", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--demo-speed", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--parent-fd", type=int, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM, SIGINT, or the supervisor's end."""
    settings = load_settings(os.environ, data=args.data, host=args.host, port=args.port)
    configure_logs(settings.log_level, settings.log_format)
    check_demo_host(settings)
    _allow_many_files()
    uvloop.run(_serve(settings, args))
    return 0


async def _serve(settings: Settings, args: argparse.Namespace) -> None:
    stop = _stop_event(args.parent_fd)
    is_demo = args.demo_speed is not None
    prepare = partial(seed_demo, settings) if is_demo else None
    async with open_platform(settings, DEMO if is_demo else None, prepare) as platform:
        _spare_the_collector()
        beating = asyncio.create_task(_beat(platform, args.beat_fd))
        player = start_player(settings, args.demo_speed) if is_demo else None
        await stop.wait()
        if player is not None:
            player.terminate()
            await asyncio.to_thread(player.join)
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


def _stop_event(parent_fd: int | None) -> asyncio.Event:
    """Set by SIGTERM, SIGINT, or the end of the supervisor."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    if parent_fd is not None:
        loop.add_reader(parent_fd, _orphaned, loop, parent_fd, stop)
    return stop


def _orphaned(loop: asyncio.AbstractEventLoop, parent_fd: int, stop: asyncio.Event) -> None:
    """The pipe became readable, at its end: the supervisor is gone, nobody would restart us."""
    loop.remove_reader(parent_fd)
    stop.set()


def _allow_many_files() -> None:
    """Have as many connections as the system allows; many give a process 1,024 files at first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _spare_the_collector() -> None:
    """Positions die young by their reference counts; a full collection would only hold them up."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def _beat(platform: Platform, beat_fd: int | None) -> None:
    """Tell the supervisor about once a second that the loop turns and no engine hangs."""
    if beat_fd is None:
        return
    while True:
        await platform.hear_engines()
        os.write(beat_fd, b".")
        await asyncio.sleep(BEAT_INTERVAL_S)
