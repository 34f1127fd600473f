"""`milepost COMMAND …`: finds the command's module, parses, runs, turns errors into exit codes."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from milepost.errors import DataFolderInUse, MilepostError, NewerSchema, PortNotOpened, Unavailable

# One module a command. Only the chosen one is imported: engines take half a second to load.
COMMANDS = {
    "up": "milepost.cli.up",
    "demo": "milepost.cli.demo",
    "serve": "milepost.cli.serve",
    "decode": "milepost.cli.decode",
    "decode can": "milepost.cli.decode_can",
    "sniff": "milepost.cli.sniff",
    "replay": "milepost.cli.replay",
    "simulate": "milepost.cli.simulate",
    "migrate": "milepost.cli.migrate",
    "backup": "milepost.cli.backup",
    "restore": "milepost.cli.restore",
    "rebuild": "milepost.cli.rebuild",
    "totals rebuild": "milepost.cli.totals_rebuild",
    "user": "milepost.cli.user",
    "keys": "milepost.cli.keys",
    "device": "milepost.cli.device",
}
EXIT_REFUSED = 2
EXIT_UNAVAILABLE = 3
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 2 refused with a message, 3 an engine is away, 130 interrupted.

    Whatever it writes, engines included, is the owner's alone.
    """
    os.umask(0o077)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if " ".join(words[:2]) in COMMANDS and len(words) > 1:
        words[:2] = [" ".join(words[:2])]
    chosen = words[:1] if words and words[0] in COMMANDS else list(COMMANDS)
    parser = argparse.ArgumentParser(
        prog="milepost",
        description="Open, self-hosted fleet telematics.",
        epilog="Every setting is also an environment variable: docs/operations.md lists them.",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    modules = {name: importlib.import_module(COMMANDS[name]) for name in chosen}
    for module in modules.values():
        module.add_parser(subparsers)
    parsed = parser.parse_args(words)
    try:
        return int(modules[parsed.command].run(parsed))
    except MilepostError as error:
        print(f"milepost: {error}", file=sys.stderr)
        return _exit_code(error)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _exit_code(error: MilepostError) -> int:
    """Whether another try may help: it does not make a folder or a port free, nor data older."""
    is_kept = isinstance(error, DataFolderInUse | NewerSchema | PortNotOpened)
    is_away = isinstance(error, Unavailable) and not is_kept
    return EXIT_UNAVAILABLE if is_away else EXIT_REFUSED


if __name__ == "__main__":
    sys.exit(main())
