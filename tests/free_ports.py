"""Ports that nobody uses, for servers under test."""

import random
import socket

from milepost import protocols
from milepost.protocols.contract import DeviceProtocol
from milepost.registry import discover

# Below the range that the kernel takes ports for outgoing connections from.
_LOWEST, _HIGHEST = 10_000, 32_000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_offset() -> int:
    """An offset with which the ports of all protocols are free, over TCP and UDP."""
    known = discover(protocols, "PROTOCOL", DeviceProtocol).values()
    ports = [protocol.port for protocol in known if protocol.port is not None]
    for _ in range(100):
        offset = random.randint(_LOWEST - min(ports), _HIGHEST - max(ports))
        if all(_is_free(port + offset) for port in ports):
            return offset
    raise AssertionError("no offset leaves all device ports free")


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
