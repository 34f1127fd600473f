"""Reads big-endian fields of a binary frame, one after the other."""

from milepost.errors import ProtocolError


class Cursor:
    """A place in a frame's content.

    Every reader raises ProtocolError when the content ends before the field.
    """

    __slots__ = ("_protocol", "content", "offset")

    def __init__(self, protocol: str, content: bytes) -> None:
        self._protocol = protocol
        self.content = content
        self.offset = 0

    @property
    def left(self) -> int:
        """How many bytes are not read yet."""
        return len(self.content) - self.offset

    def take(self, length: int) -> bytes:
        """The next bytes."""
        end = self.offset + length
        if end > len(self.content):
            reason = f"{length} bytes are due, {self.left} are left"
            raise ProtocolError(self._protocol, reason, offset=self.offset)
        taken = self.content[self.offset : end]
        self.offset = end
        return taken

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)

    def peek(self) -> int:
        """The next byte, which stays; -1 at the end."""
        return self.content[self.offset] if self.left else -1

    def number(self, length: int) -> int:
        """The next `length` bytes as an unsigned number."""
        return int.from_bytes(self.take(length), "big")

    def signed(self, length: int) -> int:
        """The next `length` bytes as a signed number."""
        return int.from_bytes(self.take(length), "big", signed=True)
