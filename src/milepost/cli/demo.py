"""`milepost demo`: a server with a fleet of real recordings that report over real sockets."""

import argparse
import os

from milepost.cli.demo_seed import DEMO, check_demo_folder
from milepost.cli.supervisor import supervise
from milepost.cli.up import add_server_flags
from milepost.errors import InvalidInput
from milepost.settings import load_settings

MOST_SPEED = 60.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser("demo", help="run a server with a demo fleet on a live map")
    add_server_flags(parser)
    parser.add_argument(
        "--speed", type=float, default=1.0, help="how fast the last 12 hours are shown (1 to 60)"
    )


def run(args: argparse.Namespace) -> int:
    """Start the demo's server process and keep it alive until told to stop."""
    settings = load_settings(os.environ, data=args.data, host=args.host, port=args.port)
    check_demo_folder(settings)
    if not 1.0 <= args.speed <= MOST_SPEED:
        raise InvalidInput("--speed", args.speed, f"1 to {MOST_SPEED:g}")
    print(f"Open http://{settings.host}:{settings.port} in a minute or less")
    print(f"and sign in as {DEMO.email} with {DEMO.password} (Ctrl-C stops the demo)", flush=True)
    words = ["serve", "--data", str(settings.data), "--host", settings.host]
    words += ["--port", str(settings.port), "--demo-speed", str(args.speed)]
    return supervise(words, stall_after_s=settings.stall_after_s)
