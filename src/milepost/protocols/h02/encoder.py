"""An H02 device's side of the wire: V1 text frames."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from milepost.domain.position import Position
from milepost.protocols.wire.speeds import KMH_PER_KNOT

_ALARM_BITS: Mapping[str, int] = {"vibration": 0, "sos": 1, "overspeed": 2, "power_cut": 19}
_IGNITION_BIT = 10


class H02Encoder:
    """No login: each frame has the identity. A fix carries ignition and alarm in its status word.

    Altitude, satellites, dilution and engine values have no place in H02.
    """

    def login(self, unique_id: str) -> bytes:
        """Nothing."""
        del unique_id
        return b""

    def positions(self, unique_id: str, positions: Sequence[Position]) -> bytes:
        """A V1 frame for each position."""
        return "".join(_frame(unique_id, position) for position in positions).encode("ascii")

    def acknowledged(self, data: bytes) -> int:
        """H02 does not acknowledge fixes."""
        del data
        return 0


def _frame(unique_id: str, position: Position) -> str:
    moment = datetime.fromtimestamp(position.fix_time_ms // 1000, UTC)
    latitude, longitude = position.latitude_deg or 0.0, position.longitude_deg or 0.0
    fields = (
        "*HQ",
        unique_id,
        "V1",
        f"{moment:%H%M%S}",
        "A" if position.has_fix and position.valid else "V",
        _minutes(latitude, 2),
        "S" if latitude < 0 else "N",
        _minutes(longitude, 3),
        "W" if longitude < 0 else "E",
        f"{(position.speed_kmh or 0) / KMH_PER_KNOT:06.2f}",
        f"{round(position.course_deg or 0) % 360:03d}",
        f"{moment:%d%m%y}",
        f"{_status(position):08X}",
    )
    return ",".join(fields) + "#"


def _minutes(degrees: float, digits: int) -> str:
    """`DDMM.MMMMM`: five decimals are 2 cm."""
    hundred_thousandths = round(abs(degrees) * 60 * 100_000)
    whole, fraction = divmod(hundred_thousandths, 100_000)
    return f"{whole // 60:0{digits}d}{whole % 60:02d}.{fraction:05d}"


def _status(position: Position) -> int:
    status = 0xFFFFFFFF
    if not position.ignition:
        status &= ~(1 << _IGNITION_BIT)
    alarm_bit = _ALARM_BITS.get(position.alarm or "")
    if alarm_bit is not None:
        status &= ~(1 << alarm_bit)
    return status
