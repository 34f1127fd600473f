"""What a simulated device plays."""

import msgspec

from milepost.domain.position import Position


class Track(msgspec.Struct, frozen=True):
    """A vehicle's reports in the order of their fix times. `vehicle` is its name in the source."""

    vehicle: str
    positions: tuple[Position, ...]

    @property
    def start_ms(self) -> int:
        """Fix time of the first report."""
        return self.positions[0].fix_time_ms

    @property
    def end_ms(self) -> int:
        """Fix time of the last report."""
        return self.positions[-1].fix_time_ms


def shifted(track: Track, by_ms: int) -> Track:
    """The same track at another time."""
    moved = (
        msgspec.structs.replace(each, fix_time_ms=each.fix_time_ms + by_ms)
        for each in track.positions
    )
    return Track(track.vehicle, tuple(moved))


def limited(track: Track, start_ms: int | None, until_ms: int | None) -> Track:
    """The part of the track in `[start_ms, until_ms)`."""
    kept = (
        each
        for each in track.positions
        if (start_ms is None or each.fix_time_ms >= start_ms)
        and (until_ms is None or each.fix_time_ms < until_ms)
    )
    return Track(track.vehicle, tuple(kept))
