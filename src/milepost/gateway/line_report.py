"""What one line has said of how fast its vehicle is: the only word that can let an engine be cut.

A device's stream takes reports from every port, and anybody who knows the identity can send one. A
line counts what came over itself, and forgets it when it ends.
"""

from collections.abc import Iterable

from milepost.domain.engine_stop import CLOCK_AHEAD_MS, FRESH_MS, Sighting
from milepost.domain.position import Position
from milepost.geo.distance import distance_m
from milepost.stream.steps.validate import JUMP_SLACK_M, NULL_ISLAND_DEG

BUS_SPEED = "Vehicle.Speed"
MAX_SPEEDS = 16
FASTEST_KMH = 400.0
KMH_PER_METRE_PER_MS = 3600.0
# Of latitude, and at most so many of longitude (on a sphere of 6,371,008.8 m: 111,195).
METRES_PER_DEGREE = 111_200.0


class LineReport:
    """The newest fix of a line, and the speeds that came with it or since.

    A fix is believed if it is valid, undamaged, off null island, and at most a minute ahead of our
    clock. Speeds count from every report that is not older than the fix: a vehicle in a tunnel has
    no fix, but its bus still says how fast it is. So much is kept of a line that says nothing but
    speeds: beyond `MAX_SPEEDS` the oldest two are taken as one, the faster and the newer of both.
    """

    __slots__ = ("_fix", "_speeds")

    def __init__(self) -> None:
        self._fix: Position | None = None
        self._speeds: list[tuple[int, float]] = []

    def hear(self, positions: Iterable[Position], received_ms: int) -> None:
        """Weigh what came over the line; late reports and those of a wrong clock say nothing."""
        latest_ms = received_ms + CLOCK_AHEAD_MS
        for position in positions:
            fix = self._fix
            time_ms = position.fix_time_ms
            if time_ms > latest_ms or (fix is not None and time_ms < fix.fix_time_ms):
                continue
            if _is_believed(position):
                self._take_fix(position, fix)
            self._note(time_ms, position.speed_kmh)
            self._note(time_ms, position.signals.get(BUS_SPEED))

    def sighting(self) -> Sighting | None:
        """What a stop may be judged by; None while the line has shown no fix with a speed."""
        if self._fix is None or not self._speeds:
            return None
        fastest_kmh = max(speed_kmh for _, speed_kmh in self._speeds)
        return Sighting(self._fix.fix_time_ms, fastest_kmh, travels=False)

    def _take_fix(self, fix: Position, former: Position | None) -> None:
        self._fix = fix
        since_ms = fix.fix_time_ms
        if self._speeds:
            self._speeds = [each for each in self._speeds if each[0] >= since_ms]
        if former is not None and not _tells_nothing(former, fix):
            self._note(since_ms, _speed_between(former, fix))

    def _note(self, time_ms: int, speed_kmh: float | None) -> None:
        if speed_kmh is None or not speed_kmh >= 0.0:
            return
        speeds = self._speeds
        speeds.append((time_ms, speed_kmh))
        if len(speeds) > MAX_SPEEDS:
            one, other = speeds[:2]
            speeds[:2] = [(max(one[0], other[0]), max(one[1], other[1]))]


def _is_believed(position: Position) -> bool:
    latitude_deg, longitude_deg = position.latitude_deg, position.longitude_deg
    if latitude_deg is None or longitude_deg is None:
        return False
    if abs(latitude_deg) < NULL_ISLAND_DEG and abs(longitude_deg) < NULL_ISLAND_DEG:
        return False
    return position.valid and not position.damaged


def _tells_nothing(one: Position, other: Position) -> bool:
    """What nearly all fixes are, seen at a glance: with a speed, and too near for a jump."""
    if other.speed_kmh is None or one.latitude_deg is None or one.longitude_deg is None:
        return False
    assert other.latitude_deg is not None and other.longitude_deg is not None
    degrees = abs(other.latitude_deg - one.latitude_deg) + abs(
        other.longitude_deg - one.longitude_deg
    )
    believable_m = (other.fix_time_ms - one.fix_time_ms) * FASTEST_KMH / KMH_PER_METRE_PER_MS
    return degrees * METRES_PER_DEGREE <= JUMP_SLACK_M + believable_m


def _speed_between(one: Position, other: Position) -> float | None:
    """How fast the way between two fixes was, where that says anything.

    It does where the device gives no speed of its own, and where the way is too long to be true.
    Two fixes that are more than five minutes apart do not tell how fast the vehicle is now.
    """
    lasted_ms = other.fix_time_ms - one.fix_time_ms
    if not 0 < lasted_ms <= FRESH_MS:
        return None
    assert one.latitude_deg is not None and one.longitude_deg is not None
    assert other.latitude_deg is not None and other.longitude_deg is not None
    way_m = distance_m(one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg)
    speed_kmh = way_m / lasted_ms * KMH_PER_METRE_PER_MS
    is_jump = way_m > JUMP_SLACK_M + lasted_ms * FASTEST_KMH / KMH_PER_METRE_PER_MS
    return speed_kmh if is_jump or other.speed_kmh is None else None
