"""The sender's side of the transports, for round trips."""

from collections.abc import Iterator

from milepost.vehiclebus.frame import Frame
from milepost.vehiclebus.j1939 import Identifier


def j1939_frames(pgn: int, data: bytes, source: int, destination: int = 255) -> Iterator[Frame]:
    """BAM to all, RTS to one; the receiver's CTS is left out."""
    count = -(-len(data) // 7)
    kind = 0x20 if destination == 255 else 0x10
    size = len(data).to_bytes(2, "little")
    yield control_frame(bytes((kind, *size, count, 0xFF)), pgn, source, destination)
    for number in range(1, count + 1):
        content = data[7 * (number - 1) : 7 * number].ljust(7, b"\xff")
        yield data_frame(bytes((number,)) + content, source, destination)


def control_frame(head: bytes, pgn: int, source: int, destination: int = 255) -> Frame:
    can_id = Identifier(7, 0xEC00, source, destination).can_id
    return Frame(0.0, "can0", can_id, is_extended=True, data=head + pgn.to_bytes(3, "little"))


def data_frame(data: bytes, source: int, destination: int = 255) -> Frame:
    can_id = Identifier(7, 0xEB00, source, destination).can_id
    return Frame(0.0, "can0", can_id, is_extended=True, data=data)


def isotp_frames(payload: bytes, can_id: int, address: bytes = b"") -> Iterator[Frame]:
    room = 8 - len(address)
    if len(payload) < room:
        yield _frame(can_id, address + bytes((len(payload),)) + payload)
        return
    first = bytes((0x10 | len(payload) >> 8, len(payload) & 0xFF))
    yield _frame(can_id, address + first + payload[: room - 2])
    rest = payload[room - 2 :]
    for number, start in enumerate(range(0, len(rest), room - 1), 1):
        head = bytes((0x20 | number & 0xF,))
        yield _frame(can_id, address + head + rest[start : start + room - 1])


def _frame(can_id: int, data: bytes) -> Frame:
    return Frame(0.0, "can0", can_id, is_extended=False, data=data.ljust(8, b"\xaa"))
