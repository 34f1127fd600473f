"""`milepost decode PROTOCOL`: frames as JSON lines in, decoded messages as JSON lines out."""

import argparse
import sys
from collections.abc import Iterable, Iterator

import msgspec

from milepost import protocols
from milepost.cli.decode_connection import Connection, error_line
from milepost.cli.decode_input import Frame, UnreadableLine, read_line
from milepost.errors import InvalidInput
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.wire.message_json import Line
from milepost.registry import discover

EXIT_NO_JSON = 1


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare `milepost decode`."""
    parser = subparsers.add_parser(
        "decode",
        help="decode device frames",
        description="Reads frames as JSON lines on standard input, such as "
        '{"transport": "binary", "payload": "78780d01…"} (binary, text, http, mqtt or udp), '
        "and prints the messages as JSON lines. `milepost decode can` reads recordings of a "
        "vehicle bus.",
    )
    parser.add_argument("protocol", metavar="PROTOCOL", help="teltonika, gt06, h02, osmand …")
    parser.add_argument(
        "--lenient", action="store_true", help="let wrong checksums pass, and mark what they carry"
    )


def run(args: argparse.Namespace) -> int:
    """Decode standard input; 0, or 1 if not a single line was JSON.

    Raises:
        InvalidInput: there is no such protocol.
    """
    decoder = Decoder(protocol_of(args.protocol), lenient=args.lenient)
    for line in decoder.decode(sys.stdin):
        print(msgspec.json.encode(line).decode())
    return EXIT_NO_JSON if decoder.saw_only_garbage else 0


def protocol_of(name: str) -> DeviceProtocol:
    """The protocol of a name, also of one that other software uses.

    Raises:
        InvalidInput: there is none.
    """
    known = discover(protocols, "PROTOCOL", DeviceProtocol)
    wanted = name.lower().replace("-", "_")
    for protocol in known.values():
        if wanted in (protocol.name, *protocol.aliases):
            return protocol
    raise InvalidInput("protocol", name, ", ".join(known))


class Decoder:
    """One run: what a device said at login holds for the lines that follow.

    Lines that name an `instance` make connections of their own.
    """

    def __init__(self, protocol: DeviceProtocol, *, lenient: bool) -> None:
        self._protocol = protocol
        self._lenient = lenient
        self._connections: dict[tuple[str, str], Connection] = {}
        self._lines = 0
        self._garbage = 0

    @property
    def saw_only_garbage(self) -> bool:
        """Whether there were lines and none of them was JSON."""
        return 0 < self._lines == self._garbage

    def decode(self, lines: Iterable[str]) -> Iterator[Line]:
        """The output lines, as soon as their input line was read."""
        for number, line in enumerate(lines):
            if line.strip():
                self._lines += 1
                yield from self._decode_line(number, line)
        for connection in self._connections.values():
            yield from connection.give_up_unfinished()

    def _decode_line(self, number: int, line: str) -> Iterator[Line]:
        try:
            frame = read_line(line)
            decoded = self._connection(frame).decode(number, frame)
        except UnreadableLine as error:
            self._garbage += not error.is_json
            yield error_line(number, error)
            return
        yield from decoded

    def _connection(self, frame: Frame) -> Connection:
        options = frame.options
        key = (frame.instance, msgspec.json.encode(options).decode())
        connection = self._connections.get(key)
        if connection is None:
            connection = Connection(self._protocol, options, lenient=self._lenient)
            self._connections[key] = connection
        return connection
