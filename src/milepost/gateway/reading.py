"""Whether a connection is read from: it is while nobody has a reason against it."""

import asyncio

OPENING, SATURATED, UNREAD, TOO_FAST, UNANSWERED, CLOSING = 1, 2, 4, 8, 16, 32
"""The reasons; each is set and cleared by itself."""


class Reading:
    """A transport's reading, paused for as long as one reason is left."""

    __slots__ = ("_transport", "reasons")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.reasons = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be taken."""
        return bool(self.reasons & CLOSING)

    def pause(self, reason: int) -> None:
        """Stop reading for a reason."""
        if not self.reasons and not self._transport.is_closing():
            self._transport.pause_reading()
        self.reasons |= reason

    def resume(self, reason: int) -> None:
        """A reason has gone; read on if it was the last."""
        if not self.reasons & reason:
            return
        self.reasons &= ~reason
        if not self.reasons and not self._transport.is_closing():
            self._transport.resume_reading()
