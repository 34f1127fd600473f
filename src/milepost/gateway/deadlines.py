"""The times of a connection: what it has to do within how long."""

from milepost.gateway.limits import Limits


class Deadlines:
    """Since when something is due, by the event loop's seconds; None where nothing is."""

    __slots__ = (
        "closing_since_s",
        "heard_s",
        "nameless_since_s",
        "unfinished_since_s",
        "unread_since_s",
    )

    def __init__(self, now_s: float) -> None:
        self.heard_s = now_s
        self.nameless_since_s: float | None = now_s
        self.unfinished_since_s: float | None = None
        self.unread_since_s: float | None = None
        self.closing_since_s: float | None = None

    def overdue(self, now_s: float, limits: Limits, *, we_are_due: bool) -> str | None:
        """What the device has not done in time; `we_are_due` while it waits for us."""
        unread_since_s = self.closing_since_s or self.unread_since_s
        if unread_since_s is not None:
            unread_s = now_s - unread_since_s
            return "the device does not read" if unread_s > limits.write_timeout_s else None
        if we_are_due:
            return None
        times = (
            (self.unfinished_since_s, limits.frame_timeout_s, "a frame is unfinished after"),
            (self.nameless_since_s, limits.login_timeout_s, "no identity within"),
            (self.heard_s, limits.idle_timeout_s, "silent for"),
        )
        for since_s, allowed_s, what in times:
            if since_s is not None and now_s - since_s > allowed_s:
                return f"{what} {allowed_s:g} s"
        return None
