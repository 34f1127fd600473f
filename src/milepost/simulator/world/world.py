"""The world's entrance: `World.make`, and what is known of each of its vehicles."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
import numpy as np

from milepost.errors import InvalidInput
from milepost.simulator.world.chance import DEVICE, ROADS, TRUTH, generator
from milepost.simulator.world.delivery import prompt, reached
from milepost.simulator.world.driver_styles import DRIVER_STYLES
from milepost.simulator.world.faults import CLEAN, FAULTS, drawn_faults
from milepost.simulator.world.life import DAY_MS, OWN_PUMP, Character, Life
from milepost.simulator.world.receiver import ordinary
from milepost.simulator.world.reporting import Habits, taken
from milepost.simulator.world.reports import Electrics, ReceivedReport, received
from milepost.simulator.world.routes import SAMPLE_KINDS, Routes
from milepost.simulator.world.samples import Samples
from milepost.simulator.world.settling import Map, make_map
from milepost.simulator.world.truth import Truth, truth_of
from milepost.simulator.world.vehicle_kinds import VEHICLE_KINDS

PROTOCOLS = ("teltonika", "osmand")
# A record of Teltonika's has a speed always; only a phone leaves it out, or tells an accuracy.
TEXT_PROTOCOL = "osmand"
UNSAID = frozenset({"speed_missing", "cell_fixes"})
SEEDS = 10**6
CLEAN_SHARE = 0.4
LATE_SHIFT_SHARE = 0.25
AT_HOME_SHARE = 0.5
HEARTBEATS_S = (300, 1800, 3600, 3600, 6 * 3600)


class LivedVehicle(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A vehicle, what happened to it, and what its device told.

    Attributes:
        number: from 0.
        unique_id: of its device, 15 digits.
        protocol: that the device speaks.
        kind: of the vehicle.
        style: of its driver.
        base: name of the site where it stands at night.
        faults: keys of `FAULTS`; none for a clean device.
        samples: the true state, second by second.
        truth: the true trips, stays and events.
        reports: in the order in which the server receives them.
    """

    number: int
    unique_id: str
    protocol: str
    kind: str
    style: str
    base: str
    faults: tuple[str, ...]
    samples: Samples
    truth: Truth
    reports: Sequence[ReceivedReport]

    @property
    def label(self) -> str:
        """`clean`, or the kinds of its device's faults."""
        return "+".join(self.faults) or CLEAN


class World:
    """A map and the vehicles on it. Iterating makes each vehicle in turn; nothing is kept."""

    def __init__(
        self, seed: int, vehicles: int, span_ms: tuple[int, int], clean_share: float, drawn: Map
    ) -> None:
        self._seed, self._span_ms, self._clean_share = seed, span_ms, clean_share
        self.vehicles = vehicles
        self.map = drawn
        self._routes = Routes(drawn.net)
        self._site_names = {
            (site.latitude_deg, site.longitude_deg): site.name
            for sites in drawn.gazetteer.sites.values()
            for site in sites
        }

    @classmethod
    def make(
        cls,
        seed: int,
        vehicles: int,
        start_time: datetime,
        days: int,
        *,
        clean_share: float = CLEAN_SHARE,
    ) -> "World":
        """A world of `days` days from `start_time` on. Its clocks show UTC.

        Raises:
            InvalidInput: the start is no midnight in UTC, or a number is out of range.
        """
        start_ms = round(start_time.timestamp() * 1000)
        if start_ms % DAY_MS:
            raise InvalidInput("start_time", start_time.isoformat(), "a midnight in UTC")
        if not 0 <= seed < SEEDS:
            raise InvalidInput("seed", seed, f"0 to {SEEDS - 1}")
        if days < 1:
            raise InvalidInput("days", days, "1 or more")
        if not 0 <= clean_share <= 1:
            raise InvalidInput("clean_share", clean_share, "0 to 1")
        span_ms = start_ms, start_ms + days * DAY_MS
        return cls(seed, vehicles, span_ms, clean_share, make_map(generator(seed, ROADS)))

    def __iter__(self) -> Iterator[LivedVehicle]:
        return map(self.vehicle, range(self.vehicles))

    def vehicle(self, number: int, faults: Sequence[str] | None = None) -> LivedVehicle:
        """One vehicle; the same whatever others were made before.

        `faults` replaces the faults that its device would have; the truth stays as it is.
        """
        rng = generator(self._seed, TRUTH, number)
        character = self._drawn_character(rng)
        life = Life(character, self.map, self._routes, self._span_ms, rng)
        # 1 January 1970 was a Thursday.
        samples = life.samples((self._span_ms[0] // DAY_MS + 3) % 7)
        device = generator(self._seed, DEVICE, number)
        drawn = drawn_faults(self._clean_share, device)
        chosen = drawn if faults is None else tuple(name for name in FAULTS if name in faults)
        return LivedVehicle(
            number=number,
            unique_id=f"97{self._seed:06d}{number:07d}",
            protocol=_protocol(chosen, device),
            kind=character.kind.name,
            style=character.style.name,
            base=character.base.name,
            faults=chosen,
            samples=samples,
            truth=truth_of(samples, self.map.gazetteer.areas, self._site_names),
            reports=_told(samples, character, chosen, device),
        )

    def character(self, number: int) -> Character:
        """What stays the same about a vehicle, without living its days."""
        return self._drawn_character(generator(self._seed, TRUTH, number))

    def _drawn_character(self, rng: np.random.Generator) -> Character:
        kind = VEHICLE_KINDS[_drawn([kind.share for kind in VEHICLE_KINDS], rng)]
        style = DRIVER_STYLES[_drawn([style.share for style in DRIVER_STYLES], rng)]
        sites = self.map.gazetteer.sites
        lives_at_home = kind.name == "car" and rng.random() < AT_HOME_SHARE
        bases = sites["home" if lives_at_home else "depot"]
        base = bases[int(rng.integers(len(bases)))]
        is_late_shift = kind.name not in OWN_PUMP and bool(rng.random() < LATE_SHIFT_SHARE)
        return Character(kind, style, base, is_late_shift)


def _protocol(faults: Sequence[str], rng: np.random.Generator) -> str:
    drawn = PROTOCOLS[int(rng.integers(len(PROTOCOLS)))]
    return TEXT_PROTOCOL if UNSAID.intersection(faults) else drawn


def _told(
    samples: Samples, character: Character, faults: Sequence[str], rng: np.random.Generator
) -> list[ReceivedReport]:
    """What the device tells: the truth, taken, measured, distorted, delivered."""
    heartbeat_s = HEARTBEATS_S[int(rng.integers(len(HEARTBEATS_S)))]
    habits = Habits(heartbeat_s=heartbeat_s, phase_s=int(rng.integers(10)))
    electrics = Electrics(character.kind.tank_l, character.kind.battery_v, SAMPLE_KINDS["tunnel"])
    reports = prompt(ordinary(taken(samples, habits, electrics), rng), rng)
    for name in faults:
        reports = FAULTS[name].distort(reports, samples, rng)
    return received(reached(reports))


def _drawn(shares: Sequence[int], rng: np.random.Generator) -> int:
    """An index, in proportion to the shares."""
    return int(np.searchsorted(np.cumsum(shares), rng.integers(sum(shares)), side="right"))
