"""`milepost keys rotate`: a new signing key; the server takes note of it at its next start."""

import argparse
import os
from pathlib import Path

from milepost.features.signing_keys import rotate
from milepost.settings import load_settings


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser("keys", help="manage the signing key")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    rotating = actions.add_parser("rotate", help="make a new signing key; then restart the server")
    rotating.add_argument("--data", type=Path, help="folder of the signing key")


def run(args: argparse.Namespace) -> int:
    """Change the key, and say what is left to do."""
    settings = load_settings(os.environ, data=args.data)
    made = rotate(settings.data)
    print(f"the signing key is now {made}; restart the server, and nobody has to sign in again")
    return 0
