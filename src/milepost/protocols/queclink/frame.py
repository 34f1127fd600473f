"""A text frame of Queclink, split into its fields, and the devices' answers to commands.

Source: Queclink @Track Air Interface Protocol, "Message Format", "Acknowledgement".
"""

from milepost.domain.message import Message
from milepost.protocols.queclink.values import hexadecimal, is_time, refuse, time_ms

FIRST = 4
"""The first field after head, version, identity and name."""
_KINDS = frozenset({"+RESP", "+BUFF", "+ACK", "+NACK"})
_HEARTBEAT = "HBD"


class Frame:
    """A text frame, split: its type, its identity and where its parts are."""

    __slots__ = ("archive", "device_type", "end", "fields", "kind", "name", "sent_ms", "unique_id")

    def __init__(self, fields: list[str], received_time_ms: int, offset_s: int) -> None:
        self.kind, _, self.name = fields[0].partition(":GT")
        if self.kind not in _KINDS or not self.name:
            raise refuse(f"no frame begins with {fields[0][:24]!r}")
        if len(fields) > 1 and len(fields[1]) == 15 and fields[1].isdecimal():
            fields.insert(1, "")
        if len(fields) < FIRST + 1:
            raise refuse(f"a frame of {len(fields)} fields, due are five or more")
        self.fields = fields
        self.device_type = fields[1][:2].upper()
        self.unique_id = fields[2]
        if not (self.unique_id.isascii() and self.unique_id.isalnum()):
            raise refuse(f"no identity: {self.unique_id[:24]!r}")
        self.archive = self.kind == "+BUFF"
        counted = len(fields[-1]) == 4
        self.end = len(fields) - 2 if counted and len(fields) > FIRST else len(fields)
        self.sent_ms = self._sent_ms(received_time_ms, offset_s)

    def _sent_ms(self, received_time_ms: int, offset_s: int) -> int:
        """The send time is the device's local one: what would lie in the future is now."""
        digits = self.fields[self.end] if self.end < len(self.fields) else ""
        moment_ms = time_ms(digits) if is_time(digits) else None
        if moment_ms is None:
            return received_time_ms
        return max(0, min(moment_ms - offset_s * 1000, received_time_ms))

    @property
    def token(self) -> bytes:
        """The acknowledgement."""
        count = self.fields[-1]
        if hexadecimal(count) is None or len(count) != 4:
            return b""
        head = f"GTHBD,{self.fields[1]}," if self.name == _HEARTBEAT else ""
        return f"+SACK:{head}{count}$".encode("latin-1", "replace")


def read_answer(frame: Frame) -> Message:
    """The serial number that the server gave its command comes before the send time."""
    if frame.name == _HEARTBEAT:
        return Message("heartbeat", frame.unique_id, token=frame.token)
    serial = frame.fields[frame.end - 1] if frame.end > FIRST else ""
    return Message(
        "response",
        frame.unique_id,
        text=",".join((f"{frame.kind}:GT{frame.name}", *frame.fields[FIRST : frame.end])),
        token=frame.token,
        reference=hexadecimal(serial) if len(serial) == 4 else None,
        accepted=frame.kind == "+ACK",
    )
