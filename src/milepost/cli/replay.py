"""`milepost replay`: plays somebody's recorded tracks over the wire, as their trackers would."""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from milepost import protocols
from milepost.errors import InvalidInput
from milepost.protocols.contract import DeviceProtocol
from milepost.registry import discover
from milepost.simulator.columns import FIELDS, parse_map
from milepost.simulator.identities import wire_identities
from milepost.simulator.pace import Pace, shift_to_now_ms
from milepost.simulator.player import Conduct, Part, Tally, failed, play, total
from milepost.simulator.readers import read_tracks
from milepost.simulator.source_format import SourceFormat
from milepost.simulator.track import Track, limited, shifted
from milepost.simulator.wires import Target, choose_transport

MQTT_PORT = 1883
FASTEST = 1e9
PROGRESS_EVERY_S = 2.0
EXIT_FAILED = 1


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser(
        "replay",
        help="play recorded tracks (CSV, Parquet, GPX) to a server over a device protocol",
        description=__doc__,
        epilog=f"Fields that --map knows: {', '.join(FIELDS)}.",
    )
    parser.add_argument("file", type=Path, help="CSV with a header, Parquet, or GPX")
    parser.add_argument("--to", default="127.0.0.1", metavar="HOST", help="server (or MQTT broker)")
    parser.add_argument("--protocol", default="teltonika", help="device protocol to speak")
    parser.add_argument("--port", type=int, help="port, if it is not the protocol's own")
    parser.add_argument("--speed", default="1", help="how many times as fast; `max` for at once")
    parser.add_argument("--map", default="", metavar="FIELD=COLUMN,…", help="columns of the file")
    parser.add_argument("--speed-unit", help="km/h (default), m/s, mph or knots")
    parser.add_argument("--altitude-unit", help="m (default) or ft")
    parser.add_argument("--odometer-unit", help="m (default), km or mi")
    parser.add_argument("--time-zone", default="UTC", help="zone of times without an offset")
    parser.add_argument(
        "--no-value", default="", metavar="FIELD=NUMBER,…", help="numbers that mean `not known`"
    )
    parser.add_argument("--shift-to-now", action="store_true", help="move the recording to now")
    parser.add_argument("--start", metavar="TIME", help="only from this time on (ISO 8601)")
    parser.add_argument("--until", metavar="TIME", help="only before this time (ISO 8601)")
    parser.add_argument("--limit-vehicles", type=int, metavar="N", help="only the first N vehicles")
    parser.add_argument(
        "--attempts", type=int, default=5, help="failures in a row after which a vehicle gives up"
    )
    parser.add_argument(
        "--list-devices", action="store_true", help="print vehicle,uniqueId lines and send nothing"
    )


def run(args: argparse.Namespace) -> int:
    """Read, plan, play, tell."""
    speed = _speed(args.speed)
    protocol = _protocol(args.protocol)
    tracks = _tracks(args)
    transport = choose_transport(protocol, tracks[0].positions[:1])
    identities = wire_identities([track.vehicle for track in tracks], protocol, transport)
    if args.list_devices:
        print("vehicle,uniqueId")
        print("\n".join(f"{vehicle},{unique_id}" for vehicle, unique_id in identities.items()))
        return 0
    target = Target(protocol, transport, args.to, _port(args.port, protocol))
    if args.shift_to_now:
        tracks = _moved_to_now(tracks, speed)
    parts = [Part(identities[track.vehicle], target, track.positions) for track in tracks]
    pace = Pace(_now_ms(), min(track.start_ms for track in tracks), speed, until_now=False)
    jitter = random.Random()  # noqa: S311 - it spreads reconnections
    conduct = Conduct(pace=pace, clock_ms=_now_ms, attempts=args.attempts, jitter=jitter)
    return uvloop.run(_play(parts, conduct))


async def _play(parts: Sequence[Part], conduct: Conduct) -> int:
    planned = sum(len(list(part.positions)) for part in parts)
    started_s = time.monotonic()
    tallies: list[Tally] = []
    telling = asyncio.create_task(_tell_progress(tallies, planned))
    try:
        await play(parts, conduct, tallies)
    finally:
        telling.cancel()
    return _summarise(tallies, planned, time.monotonic() - started_s)


async def _tell_progress(tallies: Sequence[Tally], planned: int) -> None:
    while True:
        await asyncio.sleep(PROGRESS_EVERY_S)
        delivered = total(tallies, lambda tally: tally.acknowledged)
        failures = total(tallies, lambda tally: tally.failures)
        line = f"{delivered:,} of {planned:,} positions delivered, {failures:,} failures"
        print(line, file=sys.stderr, flush=True)


def _summarise(tallies: Sequence[Tally], planned: int, elapsed_s: float) -> int:
    delivered = total(tallies, lambda tally: tally.acknowledged)
    rate = delivered / max(elapsed_s, 1e-3)
    print(
        f"{delivered:,} of {planned:,} positions of {len(tallies):,} vehicles delivered "
        f"in {elapsed_s:.1f} s ({rate:,.0f}/s)"
    )
    lost = list(failed(tallies))
    for tally in lost[:10]:
        print(f"{tally.unique_id} gave up: {tally.last_failure}", file=sys.stderr)
    if lost:
        print(
            f"{len(lost)} of {len(tallies)} vehicles gave up. Are their devices registered? "
            "--list-devices prints their identities.",
            file=sys.stderr,
        )
    return EXIT_FAILED if lost else 0


def _tracks(args: argparse.Namespace) -> list[Track]:
    source = SourceFormat(
        columns=parse_map(args.map),
        units={
            word: unit
            for word, unit in (
                ("speed", args.speed_unit),
                ("altitude", args.altitude_unit),
                ("odometer", args.odometer_unit),
            )
            if unit is not None
        },
        time_zone=args.time_zone,
        no_values=_numbers(args.no_value),
    )
    start_ms, until_ms = _time_ms("--start", args.start), _time_ms("--until", args.until)
    tracks = [limited(track, start_ms, until_ms) for track in read_tracks(args.file, source)]
    kept = [track for track in tracks if track.positions][: args.limit_vehicles]
    if not kept:
        raise InvalidInput(str(args.file), "no position with a time and a place", "at least one")
    return kept


def _moved_to_now(tracks: Sequence[Track], speed: float) -> list[Track]:
    start_ms = min(track.start_ms for track in tracks)
    end_ms = max(track.end_ms for track in tracks)
    shift_ms = shift_to_now_ms(start_ms, end_ms, speed, _now_ms())
    return [shifted(track, shift_ms) for track in tracks]


def _protocol(name: str) -> DeviceProtocol:
    known = discover(protocols, "PROTOCOL", DeviceProtocol)
    if name not in known:
        raise InvalidInput("--protocol", name, ", ".join(known))
    return known[name]


def _port(chosen: int | None, protocol: DeviceProtocol) -> int:
    if chosen is not None:
        return chosen
    return MQTT_PORT if protocol.port is None else protocol.port


def _speed(text: str) -> float:
    try:
        speed = FASTEST if text == "max" else float(text)
    except ValueError as error:
        raise InvalidInput("--speed", text, "a number above 0, or max") from error
    if not speed > 0:
        raise InvalidInput("--speed", text, "a number above 0, or max")
    return speed


def _numbers(text: str) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        word, _, number = part.partition("=")
        try:
            numbers[FIELDS[word].word] = float(number)
        except (KeyError, ValueError) as error:
            raise InvalidInput("--no-value", part, "FIELD=NUMBER") from error
    return numbers


def _time_ms(flag: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(flag, text, "an ISO 8601 time such as 2025-01-31T08:00Z") from error
    aware = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
