"""Scenario files as positions and expectations."""

import csv
import math
import random
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds

HERE = Path(__file__).parent
DAY = datetime(2024, 3, 4, tzinfo=UTC)
ORIGIN_DEG = (38.72, -9.14)
M_PER_DEG = 111_195.08


class Scenario(msgspec.Struct):
    about: str
    phases: list[dict[str, Any]] = []
    csv: str | None = None
    shuffle: bool = False
    thresholds: dict[str, float | bool] = {}
    trips: list[dict[str, Any]] = []
    stops: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.toml"))


def read(name: str) -> tuple[Scenario, list[Position], Thresholds]:
    document = tomllib.loads((HERE / f"{name}.toml").read_text())
    scenario = msgspec.convert(document, Scenario)
    positions = _recorded(scenario.csv) if scenario.csv else list(_Script().play(scenario.phases))
    if scenario.shuffle:
        random.Random(7).shuffle(positions)
    return scenario, positions, msgspec.convert(scenario.thresholds, Thresholds)


def clock(text: str) -> datetime:
    """`08:00:00` of the day, `1d 08:00:00` of the next, or a whole ISO time."""
    if "T" in text:
        return datetime.fromisoformat(text)
    days, _, time = text.rpartition("d ")
    hours, minutes, seconds = time.split(":")
    return DAY + timedelta(
        days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=float(seconds)
    )


def place(north_m: float, east_m: float) -> tuple[float, float]:
    latitude, longitude = ORIGIN_DEG
    east_deg = east_m / (M_PER_DEG * math.cos(math.radians(latitude)))
    return latitude + north_m / M_PER_DEG, longitude + east_deg


class _Script:
    def __init__(self) -> None:
        self.time_ms = int(clock("08:00:00").timestamp()) * 1000
        self.north_m = self.east_m = 0.0

    def play(self, phases: list[dict[str, Any]]) -> Iterator[Position]:
        for phase in phases:
            if "reports" in phase:
                yield from self._reports(phase["reports"])
            elif phase["do"] == "silence":
                self.time_ms += round(phase["for_s"] * 1000)
                self.north_m += phase.get("north_m", 0.0)
                self.east_m += phase.get("east_m", 0.0)
            else:
                yield from self._steady(phase)

    def _steady(self, phase: dict[str, Any]) -> Iterator[Position]:
        is_drive = phase["do"] == "drive"
        speed_kmh = float(phase.get("speed_kmh", 50.0)) if is_drive else 0.0
        heading = math.radians(phase.get("heading_deg", 0.0))
        step_m = speed_kmh / 3.6 * phase["every_s"]
        wander = random.Random(len(phase))
        for _ in range(round(phase["for_s"] / phase["every_s"])):
            self.time_ms += round(phase["every_s"] * 1000)
            self.north_m += step_m * math.cos(heading)
            self.east_m += step_m * math.sin(heading)
            drift_m = float(phase.get("drift_m", 0.0))
            north_m = self.north_m + wander.uniform(-drift_m, drift_m)
            east_m = self.east_m + wander.uniform(-drift_m, drift_m)
            reported_kmh = speed_kmh + (wander.uniform(0.0, 8.0) if drift_m else 0.0)
            has_speed = phase.get("reports_speed", True)
            yield Position(
                self.time_ms,
                *place(north_m, east_m),
                speed_kmh=reported_kmh if has_speed else None,
                ignition=phase.get("ignition"),
            )

    def _reports(self, rows: list[list[Any]]) -> Iterator[Position]:
        for time, north_m, east_m, speed_kmh, ignition in rows:
            self.time_ms = int(clock(time).timestamp() * 1000)
            latitude = longitude = None
            if north_m != "-":
                self.north_m, self.east_m = north_m, east_m
                latitude, longitude = place(north_m, east_m)
            yield Position(
                self.time_ms,
                latitude,
                longitude,
                speed_kmh=None if speed_kmh == "-" else speed_kmh,
                ignition={"on": True, "off": False, "-": None}[ignition],
            )


def _recorded(name: str) -> list[Position]:
    with (HERE / name).open() as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return [
            Position(
                int(datetime.fromisoformat(row["fix_time"]).timestamp() * 1000),
                float(row["latitude_deg"]),
                float(row["longitude_deg"]),
                speed_kmh=float(row["speed_kmh"]) if row["speed_kmh"] else None,
            )
            for row in rows
        ]
