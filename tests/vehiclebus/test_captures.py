"""Real recordings: see tests/vectors/can/README.md."""

import gzip
from bisect import bisect
from collections import Counter
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from milepost.vehiclebus import j1939
from milepost.vehiclebus.bus import BusDecoder, Signal, Transfer
from milepost.vehiclebus.dbc import SignalFile, read_map
from milepost.vehiclebus.logs import read_candump
from milepost.vehiclebus.logs_parquet import read_parquet

FOLDER = Path(__file__).resolve().parent.parent / "vectors" / "can"
GNSS_MAP = """
[signals]
"gnss_speed.Speed" = { path = "Vehicle.Speed", scale = 3.6, valid = "SpeedValid" }
"""


class Capture:
    """A recording, decoded."""

    def __init__(self, name: str, dbc: str = "", mapping: str = "", isotp: int = 0) -> None:
        signal_file = None
        if dbc:
            text = (FOLDER / "dbc" / dbc).read_text("utf-8")
            signal_file = SignalFile(text, read_map(mapping) if mapping else None)
        self.damaged = 0
        self.transfers: list[Transfer] = []
        self.decoder = BusDecoder(signal_file, [isotp] if isotp else [], self.transfers.append)
        self.ids: Counter[int] = Counter()
        self.signals = self._decode(FOLDER / name)

    def _decode(self, path: Path) -> list[Signal]:
        signals: list[Signal] = []
        with path.open("rb") as file:
            if path.suffix == ".parquet":
                frames = read_parquet(file, self._note)
            else:
                lines = gzip.decompress(file.read()).decode().splitlines()
                frames = read_candump(lines, self._note)
            for frame in frames:
                self.ids[frame.can_id] += 1
                signals += self.decoder.decode(frame)
        return signals

    def _note(self, _number: int, _reason: str) -> None:
        self.damaged += 1

    def values(self, source: str, name: str) -> list[tuple[float, float]]:
        """Times and values of a reading."""
        return [
            (signal.time_s, signal.reading.value)
            for signal in self.signals
            if signal.source == source
            and signal.reading.name == name
            and signal.reading.value is not None
        ]

    def received(self) -> Counter[tuple[str, str, int]]:
        """Messages that came in several frames: sender, label and size."""
        return Counter((t.source, t.label, len(t.data)) for t in self.transfers)


@pytest.fixture(scope="module")
def car() -> Capture:
    return Capture("car_obd2_gnss.parquet", "canmod-gps.dbc", GNSS_MAP)


def test_obd_speed_agrees_with_gnss_speed(car: Capture) -> None:
    """0.17 m/s mean absolute error on this cut and on the whole recording."""
    obd = car.values("obd 7E8", "vehicle speed")
    gnss = car.values("dbc 007", "gnss_speed.Speed")
    times_s = [time_s for time_s, _ in obd]
    errors = []
    for time_s, speed_kmh in gnss:
        after = bisect(times_s, time_s)
        near = [index for index in (after - 1, after) if 0 <= index < len(obd)]
        index = min(near, key=lambda one: abs(times_s[one] - time_s))
        if abs(times_s[index] - time_s) < 0.5:
            errors.append(abs(obd[index][1] - speed_kmh) / 3.6)
    assert len(errors) > 1000
    assert max(speed for _, speed in obd) > 80
    assert sum(errors) / len(errors) < 0.25


def test_the_car_says_what_was_asked(car: Capture) -> None:
    names = {s.reading.name for s in car.signals if s.source == "obd 7E8"}
    assert {"vehicle speed", "engine speed", "coolant", "throttle", "torque"} <= names
    speeds = [value for _, value in car.values("obd 7E8", "engine speed")]
    assert 700 < median(speeds) < max(speeds) < 5000
    assert not car.decoder.refused
    assert car.damaged == 0


def test_gnss_places_are_valid_where_the_receiver_says_so(car: Capture) -> None:
    places = car.values("dbc 003", "gnss_pos.Latitude")
    valid = dict(car.values("dbc 003", "gnss_pos.PositionValid"))
    denmark = [value for time_s, value in places if valid[time_s]]
    assert len(denmark) > 1000
    assert all(54 < latitude < 58 for latitude in denmark)


def test_an_idling_truck() -> None:
    truck = Capture("truck_j1939.log.gz")
    pgns = {j1939.parse_id(can_id).pgn for can_id in truck.ids}
    assert len(pgns) == 45
    labels = {j1939.label_of(pgn) for pgn in pgns}
    assert {"EEC1", "EEC2", "ET1", "LFE1", "VD", "CCVS1", "DD1", "AMB", "VEP1", "EFL/P1"} <= labels
    speeds = [value for _, value in truck.values("j1939 00", "engine speed")]
    assert sum(speeds) / len(speeds) == pytest.approx(649, abs=2)
    assert {value for _, value in truck.values("j1939 00", "wheel-based speed")} == {0}
    assert {value for _, value in truck.values("j1939 00", "odometer")} == {13_832_875}
    assert truck.received() == {("j1939 00", "DM1", 18): 44, ("j1939 00", "EC1", 39): 9}
    codes = {s.reading.text for s in truck.signals if s.reading.name == "trouble code"}
    assert {str(code).split(":")[0] for code in codes} == {
        "SPN 980 FMI 9",
        "SPN 3216 FMI 20",
        "SPN 609 FMI 9",
        "SPN 609 FMI 12",
    }
    assert not truck.decoder.refused


def test_bam_transfers_of_a_standing_truck() -> None:
    truck = Capture("truck_j1939_tp.parquet", "tp_j1939.dbc")
    assert truck.received() == {("j1939 00", "EC1", 28): 13, ("j1939 00", "VI", 28): 3}
    assert len({j1939.parse_id(can_id).pgn for can_id in truck.ids}) == 16
    points = {value for _, value in truck.values("dbc 1CFEE300", "EC1.EngineSpeedAtPoint5")}
    assert points == {1566.5, 1600.0}
    assert truck.values("j1939 00", "engine hours")[0][1] == pytest.approx(219.2)
    concentrations = {v for _, v in truck.values("j1939 A3", "exhaust fluid concentration")}
    assert concentrations == {32.25, 32.5}
    assert not truck.decoder.refused


def test_answers_of_an_electric_car() -> None:
    car = Capture("ev_uds.parquet", "tp_uds.dbc")
    assert car.received() == {("obd 7BB", "SID 62", 38): 150, ("obd 7EC", "SID 62", 62): 120}
    assert {s.reading.identity for s in car.signals if s.source.startswith("uds")} == {
        "DID 0100",
        "DID 0101",
    }
    name = "Battery.M_SID_0x220101_StateOfChargeBMS"
    charges = [value for _, value in car.values("dbc 7EC", name)]
    assert len(charges) == 120
    assert all(0 < charge <= 100 for charge in charges)
    # It is driven, or parked: the charge does not jump.
    assert max(abs(a - b) for a, b in pairwise(charges)) <= 1
    assert not car.decoder.refused


def test_a_recording_with_damaged_channels() -> None:
    car = Capture("car_uds.parquet", "tp_uds_nissan.dbc", isotp=0x7A8)
    assert car.damaged == 1303
    received = car.received()
    assert received["obd 7BB", "SID 61", 53] == 13
    assert received["obd 7BB", "SID 61", 31] == 13
    assert received["obd 7A8", "SID 62", 36] == 30
    assert sum(received.values()) == 154
    charges = [value for _, value in car.values("dbc 7BB", "SoC_Temp.SoC")]
    assert len(charges) == 13
    assert all(0 < charge <= 100 for charge in charges)
    # Frames are missing in this recording.
    assert sum(car.decoder.refused.values()) == 49
