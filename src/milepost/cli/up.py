"""`milepost up`: the server, watched from outside."""

import argparse
import os
from pathlib import Path

from milepost.cli.logs import configure_logs
from milepost.cli.supervisor import supervise
from milepost.settings import load_settings


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser("up", help="run the server (restarted if it crashes or hangs)")
    add_server_flags(parser)


def add_server_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that every command which runs a server has."""
    parser.add_argument("--data", type=Path, help="folder of the embedded engines")
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="web port (default 8080)")


def run(args: argparse.Namespace) -> int:
    """Start the server process and keep it alive until told to stop."""
    settings = load_settings(os.environ, data=args.data, host=args.host, port=args.port)
    configure_logs(settings.log_level, settings.log_format)
    words = ["serve", "--data", str(settings.data), "--host", settings.host]
    words += ["--port", str(settings.port)]
    return supervise(words, stall_after_s=settings.stall_after_s)
