"""Who speaks for whom: the open line of each device, and what happens when two claim one.

The newer line wins, because a tracker that lost its connection does not know and comes back on a
new one. Most takeovers are just that. It is a clash if the older line was alive (heard within
`ALIVE_S`) and

- it was a connection, and the newer line comes from another address, or
- the identity has changed hands between living lines `CLASH_TAKEOVERS` times within
  `CLASH_WINDOW_S`: two trackers behind one address that push each other out, or datagrams that
  come from here and there.

A datagram's source can be forged, so a datagram never ends a connection. Nor does a request or a
publish: it is a visit, which speaks for the device and is no way to it.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Literal, Protocol, TypeVar

import msgspec

from milepost.domain.engine_stop import Sighting
from milepost.domain.message import Message
from milepost.gateway.admission import Admitted
from milepost.gateway.intake import Clash
from milepost.gateway.line_report import LineReport
from milepost.gateway.rates import KeyedBuckets
from milepost.protocols.contract import DeviceProtocol

ALIVE_S = 10.0
CLASH_WINDOW_S = 300.0
CLASH_TAKEOVERS = 3
CLASH_EVENT_EVERY_S = 600.0
REMEMBERED_TAKEOVERS = 10_000
# A mobile network keeps the way back of a datagram open for half a minute or so.
DATAGRAM_LINE_S = 15.0

Loss = Literal["replaced", "changed"]
"""Why a line speaks for its device no more."""

LOSSES: Mapping[Loss, str] = {
    "replaced": "it came on another connection",
    "changed": "its settings were changed",
}

Signal = Callable[[Message | None], None]
"""Called with each message of a device that is followed; with None when its line has come up."""


class Voice(Protocol):
    """What speaks for a device."""

    @property
    def address(self) -> str:
        """Where the device is, as text."""
        ...

    @property
    def heard_s(self) -> float:
        """When it was last heard, by the event loop's clock."""
        ...

    @property
    def lasting(self) -> bool:
        """Whether it is a connection."""
        ...


class Visit(msgspec.Struct, frozen=True):
    """A request or a publish: it speaks for the device, and there is no way back."""

    address: str
    heard_s: float
    lasting: bool = False


class Line(Voice, Protocol):
    """A way to a device: a connection, or where its newest datagram came from.

    `said` is what came over it of the vehicle's speed.
    """

    said: LineReport

    @property
    def protocol(self) -> DeviceProtocol:
        """What it speaks here."""
        ...

    @property
    def token(self) -> bytes:
        """That of the device's newest message here."""
        ...

    def write(self, data: bytes) -> bool:
        """Give bytes to the socket; False if it is closed, and nothing was sent."""
        ...

    def supersede(self, why: Loss) -> None:
        """The line speaks for the device no more."""
        ...


V = TypeVar("V", bound=Voice)


class Takeover(msgspec.Struct, frozen=True):
    """Something speaks for a device for which something else spoke before."""

    older: Voice
    is_clash: bool

    @property
    def detail(self) -> str:
        """What to say of it if it is a clash."""
        return f"{self.older.address} speaks for it too"


class Presence:
    """The lines of all devices by unique id, and the devices that someone follows.

    `followed` has a signal for each device that a command waits for; for all others, and they are
    nearly all, a message costs a look into it.
    """

    def __init__(self) -> None:
        self.followed: dict[str, Signal] = {}
        self._lines: dict[str, Line] = {}
        self._datagrams: OrderedDict[str, Line] = OrderedDict()
        self._visits: OrderedDict[str, Visit] = OrderedDict()
        self._takeovers: OrderedDict[str, deque[float]] = OrderedDict()
        self._events = KeyedBuckets(1 / CLASH_EVENT_EVERY_S, 1)

    def line(self, unique_id: str, now_s: float) -> Line | None:
        """The way to a device, if there is one now."""
        line = self._lines.get(unique_id)
        if line is None:
            line = self._datagrams.get(unique_id)
            if line is not None and now_s - line.heard_s > DATAGRAM_LINE_S:
                return None
        return line

    def sighting(self, unique_id: str) -> Sighting | None:
        """What the device's connection has said of its vehicle's speed."""
        line = self._lines.get(unique_id)
        return None if line is None else line.said.sighting()

    def claim(self, device: Admitted, line: Line, now_s: float) -> Takeover | None:
        """A line speaks for the device from now on; an older connection is superseded."""
        unique_id = device.unique_id
        older = self._lines.get(unique_id) or self._datagrams.get(unique_id)
        former = self._voice(unique_id, now_s)
        if line.lasting:
            self._lines[unique_id] = line
            self._datagrams.pop(unique_id, None)
        else:
            self._note_datagram(unique_id, line, now_s)
        if former is None or former is line:
            return None
        takeover = Takeover(former, self._clash(device, former, line, now_s))
        if line.lasting and older is not None and older is not line:
            older.supersede("replaced")
        return takeover

    def visit(self, device: Admitted, visit: Visit) -> Takeover | None:
        """A request or publish spoke for the device; whoever else does goes on."""
        former = self._voice(device.unique_id, visit.heard_s)
        _keep_newest(self._visits, device.unique_id, visit, visit.heard_s)
        if former is None:
            return None
        return Takeover(former, self._clash(device, former, visit, visit.heard_s))

    def release(self, unique_id: str, line: Line) -> None:
        """A line has ended."""
        if self._lines.get(unique_id) is line:
            del self._lines[unique_id]

    def renew(self, unique_id: str) -> None:
        """The device's settings changed: it is to come back on a new connection."""
        line = self._lines.pop(unique_id, None)
        if line is not None:
            line.supersede("changed")

    def signal(self, unique_id: str, message: Message | None) -> None:
        """Tell whoever follows the device."""
        follower = self.followed.get(unique_id)
        if follower is not None:
            follower(message)

    def _note_datagram(self, unique_id: str, line: Line, now_s: float) -> None:
        older = self._datagrams.get(unique_id)
        if older is not None and (older.address, older.protocol) == (line.address, line.protocol):
            line.said = older.said
        _keep_newest(self._datagrams, unique_id, line, now_s)

    def _voice(self, unique_id: str, now_s: float) -> Voice | None:
        """What speaks for the device: a living connection, or what was heard last."""
        line = self._lines.get(unique_id)
        if line is not None and now_s - line.heard_s <= ALIVE_S:
            return line
        voices = (line, self._datagrams.get(unique_id), self._visits.get(unique_id))
        found = [voice for voice in voices if voice is not None]
        return max(found, key=lambda voice: voice.heard_s, default=None)

    def _clash(self, device: Admitted, older: Voice, newer: Voice, now_s: float) -> bool:
        elsewhere = older.address != newer.address
        if now_s - older.heard_s > ALIVE_S or not (elsewhere or newer.lasting):
            return False
        takeovers = self._count_takeover(device.unique_id, now_s)
        if takeovers < CLASH_TAKEOVERS and not (elsewhere and older.lasting):
            return False
        if self._events.take(device.unique_id, now_s):
            device.clash(Clash(older.address, newer.address, takeovers))
        return True

    def _count_takeover(self, unique_id: str, now_s: float) -> int:
        times = self._takeovers.setdefault(unique_id, deque(maxlen=100))
        self._takeovers.move_to_end(unique_id)
        if len(self._takeovers) > REMEMBERED_TAKEOVERS:
            self._takeovers.popitem(last=False)
        times.append(now_s)
        while now_s - times[0] >= CLASH_WINDOW_S:
            times.popleft()
        return len(times)


def _keep_newest(kept: OrderedDict[str, V], unique_id: str, voice: V, now_s: float) -> None:
    """Keep a device's newest; what is older than a datagram's way back goes."""
    kept[unique_id] = voice
    kept.move_to_end(unique_id)
    # Two for one, so that what is old goes as fast as what is new comes.
    for _ in range(2):
        oldest = next(iter(kept))
        if now_s - kept[oldest].heard_s <= DATAGRAM_LINE_S:
            return
        del kept[oldest]
