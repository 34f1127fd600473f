"""`milepost sniff`: which protocol unknown traffic is of, and why."""

import argparse
import asyncio
import sys
import time
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from milepost import protocols
from milepost.cli.sniff_listeners import Heard, listen
from milepost.errors import InvalidInput, MilepostError
from milepost.protocols.contract import DeviceProtocol, Transport
from milepost.protocols.guess import Guess, guesses
from milepost.protocols.wire.message_json import message_lines
from milepost.registry import discover

EXIT_NOTHING = 1
_SHOWN_GUESSES = 3
_SHOWN_BYTES = 64
_HEX = frozenset(b"0123456789abcdefABCDEF \t\r\n:")


class UnreadableFile(MilepostError):
    """A file of captured bytes cannot be read."""

    code = "unreadable_file"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare `milepost sniff`."""
    parser = subparsers.add_parser(
        "sniff",
        help="guess the protocol of unknown traffic",
        description="Listens on a port (TCP and UDP), or reads captured bytes, and says which "
        "protocols could be spoken there and why. Nothing is stored and nothing is answered, so a "
        "tracker keeps its data; --answer-logins answers what carries no positions, for trackers "
        "that say nothing else before. Ctrl-C ends it.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("port", metavar="PORT", nargs="?", type=int, help="port to listen on")
    source.add_argument(
        "--raw", metavar="FILE", type=Path, help="captured bytes, as they are or in hex; - is stdin"
    )
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (all)")  # noqa: S104
    parser.add_argument("--for", dest="seconds", type=float, help="listen for so many seconds")
    parser.add_argument("--answer-logins", action="store_true", help="answer logins, heartbeats")
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    parser.add_argument("--all", action="store_true", help="show every guess, not the best three")


def run(args: argparse.Namespace) -> int:
    """Sniff a port or a file; 0, or 1 if nothing was recognised.

    Raises:
        InvalidInput: the port is no port.
        UnreadableFile: the file cannot be read, or is empty.
        Unavailable: the port is in use.
    """
    known = discover(protocols, "PROTOCOL", DeviceProtocol)
    report = Report(known, as_json=args.json, every=args.all)
    if args.raw is not None:
        report.tell(Heard(str(args.raw), None, (read_capture(args.raw),)))
    else:
        if not 0 < args.port < 65_536:
            raise InvalidInput("PORT", args.port, "1 to 65535")
        print(f"Listening on port {args.port} of {args.host}, TCP and UDP.", file=sys.stderr)
        listening = listen(
            known, args.host, args.port, report.tell, answer_logins=args.answer_logins
        )
        asyncio.run(_for(listening, args.seconds))
    return 0 if report.recognised else EXIT_NOTHING


async def _for(listening: Coroutine[None, None, None], seconds: float | None) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(listening, seconds)


def read_capture(path: Path) -> bytes:
    """The bytes of a file; hex digits (with spaces, colons, line ends) are taken for hex.

    Raises:
        UnreadableFile: it cannot be read, or is empty.
    """
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise UnreadableFile(path, str(error.strerror).lower()) from error
    if not content.strip():
        raise UnreadableFile(path, "is empty")
    digits = content.translate(None, b" \t\r\n:")
    if set(content) <= _HEX and len(digits) % 2 == 0:
        return bytes.fromhex(digits.decode())
    return content


class Report:
    """Prints what was heard and what it could be."""

    def __init__(self, known: Mapping[str, DeviceProtocol], *, as_json: bool, every: bool) -> None:
        self._known = known
        self._as_json = as_json
        self._limit = None if every else _SHOWN_GUESSES
        self.recognised = False

    def tell(self, heard: Heard) -> None:
        """Print the guesses for what a peer has said so far."""
        transports: tuple[Transport, ...] = ("tcp", "udp")
        if heard.transport is not None:
            transports = (heard.transport,)
        now_ms = time.time_ns() // 1_000_000
        found = guesses(self._known, heard.chunks, now_ms, transports)
        self.recognised = self.recognised or bool(found)
        show = self._print_json if self._as_json else self._print_text
        show(heard, found[: self._limit])

    def _print_json(self, heard: Heard, found: list[Guess]) -> None:
        line = {
            "source": heard.source,
            "transport": heard.transport,
            "bytes": b"".join(heard.chunks).hex(),
            "guesses": [_guess_line(guess) for guess in found],
        }
        print(msgspec.json.encode(line).decode(), flush=True)

    def _print_text(self, heard: Heard, found: list[Guess]) -> None:
        content = b"".join(heard.chunks)
        over = f" over {heard.transport.upper()}" if heard.transport else ""
        print(f"{heard.source}{over}: {len(content)} bytes")
        print(f"  hex   {_shortened(content[:_SHOWN_BYTES].hex(' '), content)}")
        print(f"  text  {_shortened(_printable(content[:_SHOWN_BYTES]), content)}")
        for guess in found:
            print(f"  {guess.confidence:4.0%}  {guess.protocol}: {guess.title}")
            for reason in guess.reasons:
                print(f"        - {reason}")
        if not found:
            print("  no protocol that Milepost knows reads this")
        sys.stdout.flush()


def _guess_line(guess: Guess) -> dict[str, object]:
    return {
        "protocol": guess.protocol,
        "title": guess.title,
        "transport": guess.transport,
        "confidence": guess.confidence,
        "reasons": guess.reasons,
        "messages": [line for message in guess.messages for line in message_lines(message)],
    }


def _shortened(shown: str, content: bytes) -> str:
    return f"{shown} …" if len(content) > _SHOWN_BYTES else shown


def _printable(content: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in content)
