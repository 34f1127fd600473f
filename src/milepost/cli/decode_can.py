"""`milepost decode can LOG…`: recordings of a vehicle bus in, signals out."""

import argparse
import csv
import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from milepost.cli.can_summary import Summary
from milepost.errors import InvalidInput
from milepost.vehiclebus.bus import BusDecoder, Signal
from milepost.vehiclebus.dbc import SignalFile, read_map
from milepost.vehiclebus.frame import STANDARD_BITS, Frame
from milepost.vehiclebus.logs import Damaged, read_asc, read_candump
from milepost.vehiclebus.logs_parquet import read_parquet

_PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
_COLUMNS = ("time", "bus", "source", "id", "name", "value", "unit", "path", "text")
_WIDTHS = (17, 5, 13, 10, 36, 14, 10)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare `milepost decode can`."""
    parser = subparsers.add_parser(
        "decode can",
        help="decode recordings of a vehicle bus",
        description="Reads candump, ASC (also .gz) and Parquet files, and prints what OBD-II, UDS "
        "and J1939 say in them, and the signals of a DBC file.",
    )
    parser.add_argument("logs", metavar="LOG", nargs="+", type=Path)
    parser.add_argument("--dbc", metavar="FILE", type=Path, help="signals of your own")
    parser.add_argument("--map", metavar="FILE", type=Path, help="their VSS paths (TOML)")
    parser.add_argument(
        "--isotp", metavar="ID", action="append", default=[], type=_standard_id,
        help="an identifier in hex that carries ISO-TP, beside 7E8 to 7EF; may be repeated",
    )  # fmt: skip
    parser.add_argument("--format", choices=sorted(_WRITERS), default="table")
    parser.add_argument(
        "--summary", action="store_true", help="print what is in the recordings, not its signals"
    )


def run(args: argparse.Namespace) -> int:
    """Decode files one after the other.

    Raises:
        InvalidInput: a file cannot be read, or is none of the kinds that are known.
    """
    if args.map is not None and args.dbc is None:
        raise InvalidInput("--map", args.map, "with --dbc")
    signal_file = _signal_file(args.dbc, args.map)
    summary = Summary(signal_file)
    signals = _signals(args.logs, signal_file, args.isotp, summary)
    try:
        if args.summary:
            for _ in signals:
                pass
            summary.write(sys.stdout, as_json=args.format == "json")
        else:
            _WRITERS[args.format](signals)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    for note in summary.damage:
        print(f"milepost: {note}", file=sys.stderr)
    return 0


def _standard_id(text: str) -> int:
    number = int(text, 16)
    if not 0 <= number < 1 << STANDARD_BITS:
        raise argparse.ArgumentTypeError(f"{text} is not in 000 to 7FF")
    return number


def _signal_file(dbc: Path | None, mapping: Path | None) -> SignalFile | None:
    if dbc is None:
        return None
    targets = {} if mapping is None else read_map(_text_of("--map", mapping))
    return SignalFile(_text_of("--dbc", dbc), targets)


def _text_of(option: str, path: Path) -> str:
    """A file's text; DBC files of Windows tools are in its encoding."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(option, str(path), f"a readable file ({error.strerror})") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _signals(
    logs: Iterable[Path],
    signal_file: SignalFile | None,
    isotp_ids: list[int],
    summary: Summary,
) -> Iterator[Signal]:
    for log in logs:
        decoder = BusDecoder(signal_file, isotp_ids, summary.add_transfer)
        frames = 0
        for frame in frames_of(log, summary.damaged(log.name)):
            frames += 1
            summary.add_frame(frame)
            yield from decoder.decode(frame)
        summary.add_refused(decoder.refused)
        if frames == 0:
            raise InvalidInput("log", str(log), "a recording with CAN frames")


def frames_of(log: Path, damaged: Damaged) -> Iterator[Frame]:
    """The frames of a file, read as they are asked for. Its first bytes say what it is.

    Raises:
        InvalidInput: it cannot be read.
    """
    try:
        with log.open("rb") as file:
            magic = file.read(len(_PARQUET_MAGIC))
            file.seek(0)
            if magic == _PARQUET_MAGIC:
                yield from read_parquet(file, damaged)
                return
            with _lines(file, is_packed=magic.startswith(_GZIP_MAGIC)) as lines:
                is_asc = ".asc" in (suffix.lower() for suffix in log.suffixes)
                yield from (read_asc if is_asc else read_candump)(lines, damaged)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput("log", str(log), f"a readable file ({reason})") from error


@contextmanager
def _lines(file: BinaryIO, *, is_packed: bool) -> Iterator[Iterable[str]]:
    if not is_packed:
        yield io.TextIOWrapper(file, "utf-8", errors="replace")
        return
    with gzip.open(file, "rt", encoding="utf-8", errors="replace") as lines:
        yield lines


def _row(signal: Signal) -> Mapping[str, object]:
    reading = signal.reading
    value = None if reading.value is None else round(reading.value, 9)
    cells = (
        round(signal.time_s, 6), signal.bus, signal.source, reading.identity, reading.name, value,
        reading.unit, reading.path, reading.text,
    )  # fmt: skip
    return dict(zip(_COLUMNS, cells, strict=True))


def _write_json(signals: Iterable[Signal]) -> None:
    for signal in signals:
        print(msgspec.json.encode(_row(signal)).decode())


def _write_csv(signals: Iterable[Signal]) -> None:
    writer = csv.DictWriter(sys.stdout, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for signal in signals:
        writer.writerow(_row(signal))


def _write_table(signals: Iterable[Signal]) -> None:
    print(_table_line(dict(zip(_COLUMNS, _COLUMNS, strict=True))))
    for signal in signals:
        print(_table_line(_row(signal)))


def _table_line(row: Mapping[str, object]) -> str:
    cells = ["" if row[column] is None else str(row[column]) for column in _COLUMNS]
    padded = [cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=False)]
    return " ".join([*padded, *cells[len(_WIDTHS) :]]).rstrip()


_WRITERS: Mapping[str, Callable[[Iterable[Signal]], None]] = {
    "csv": _write_csv,
    "json": _write_json,
    "table": _write_table,
}
