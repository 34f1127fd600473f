"""A Teltonika that talks while a page is looked at, and does what it is told."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

from milepost.domain.position import Position
from milepost.protocols import teltonika
from milepost.protocols.wire.checksums import crc16_ibm

PAUSE_S = 0.5
REPLY = "Done: "


class TalkingDevice(threading.Thread):
    """Reports a standing or moving vehicle again and again, and answers each command.

    It comes back when the server ends its connection, as a tracker does.
    """

    def __init__(self, port: int, unique_id: str, speed_kmh: float = 0.0) -> None:
        super().__init__(daemon=True)
        self._address = ("127.0.0.1", port)
        self._unique_id = unique_id
        self._speed_kmh = speed_kmh
        self._encoder = teltonika.PROTOCOL.encoder
        self._ended = threading.Event()
        self.told: list[str] = []

    def run(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError, EOFError):
                self._talk()
            self._ended.wait(PAUSE_S)

    def end(self) -> None:
        self._ended.set()
        self.join(timeout=10)

    def _talk(self) -> None:
        assert self._encoder is not None
        encoder = self._encoder()
        with socket.create_connection(self._address, timeout=10) as line:
            line.sendall(encoder.login(self._unique_id))
            if _exactly(line, 1) != b"\x01":
                return
            while not self._ended.is_set():
                line.sendall(encoder.positions(self._unique_id, [self._position()]))
                self._hear(line)
                self._ended.wait(PAUSE_S)

    def _hear(self, line: socket.socket) -> None:
        """Read on to the acknowledgement; a command may come before it."""
        while _exactly(line, 4) == bytes(4):
            (length,) = struct.unpack(">I", _exactly(line, 4))
            text = _exactly(line, length + 4)[7:-5].decode()
            self.told.append(text)
            line.sendall(_answer(REPLY + text))

    def _position(self) -> Position:
        now_ms = int(time.time() * 1000)
        return Position(now_ms, 52.52, 13.405, 34.0, self._speed_kmh, 90.0, satellites=9)


@contextlib.contextmanager
def talking(port: int, unique_id: str, speed_kmh: float = 0.0) -> Iterator[TalkingDevice]:
    """A device that talks until the block ends."""
    device = TalkingDevice(port, unique_id, speed_kmh)
    device.start()
    try:
        yield device
    finally:
        device.end()


def eventually(check: Callable[[], bool], within_s: float = 30.0) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < deadline, "it has not come about"
        time.sleep(0.1)


def _exactly(line: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = line.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _answer(text: str) -> bytes:
    """An answer in Codec 12."""
    content = text.encode()
    body = struct.pack(">BBBI", 12, 1, 6, len(content)) + content + b"\x01"
    return struct.pack(">II", 0, len(body)) + body + struct.pack(">I", crc16_ibm(body))
