"""Recordings in text and Parquet."""

import io
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from milepost.errors import InvalidInput
from milepost.vehiclebus.frame import Frame
from milepost.vehiclebus.logs import read_asc, read_candump
from milepost.vehiclebus.logs_parquet import UNKNOWN_BUS, read_parquet

FRAME = Frame(1635188455.02085, "can0", 0x18F00E00, is_extended=True, data=b"\x82\x16")


def candump(*lines: str) -> tuple[list[Frame], list[int]]:
    damaged: list[int] = []
    return list(read_candump(lines, lambda number, _: damaged.append(number))), damaged


@pytest.mark.parametrize(
    "line",
    [
        "(1635188455.020850) can0 18F00E00#8216",
        "(1635188455.020850) can0 18f00e00#82.16 R\n",
        "(1635188455.020850)  can0  18F00E00   [2]  82 16",
        "(1635188455.020850)  can0  RX - -  18F00E00   [2]  82 16",
    ],
)
def test_accepts_candump(line: str) -> None:
    assert candump(line) == ([FRAME], [])


def test_three_digits_are_an_identifier_of_11_bits() -> None:
    (frame,), _ = candump("(1.0) can0 123#")
    assert (frame.can_id, frame.is_extended, frame.data) == (0x123, False, b"")


def test_other_kinds_of_frames_are_skipped() -> None:
    lines = ["", "# comment", "(1.0) can0 123#R", "(1.0) can0 123##0112233"]
    assert candump(*lines, " (1.0) can0 123 [0] remote request") == ([], [])


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "(1.0) can0 12#00",
        "(1.0) can0 12345#00",
        "(1.0) can0 800#00",
        "(1.0) can0 20000088#00",
        "(1.0) can0 123#0",
        "(1.0) can0 123#112233445566778899",
        "(x) can0 123#00",
        "(1.0) can0 123",
        "\0\1\2",
    ],
)
def test_rejects_lines_of_candump(line: str) -> None:
    frames, damaged = candump("(1.0) can0 123#00", line, "(2.0) can0 123#01")
    assert [frame.data for frame in frames] == [b"\0", b"\1"]
    assert damaged == [2]


def test_reading_is_lazy() -> None:
    def endless() -> Iterator[str]:
        while True:
            yield "(1.0) can0 123#00"

    frames = read_candump(endless(), lambda _number, _reason: None)
    assert next(frames).can_id == 0x123
    assert next(frames).can_id == 0x123


def asc(text: str) -> tuple[list[Frame], list[int]]:
    damaged: list[int] = []
    lines: Iterable[str] = text.splitlines()
    return list(read_asc(lines, lambda number, _: damaged.append(number))), damaged


HEAD = """date Tue Nov 2 10:00:00.500 am 2021
base hex  timestamps absolute
internal events logged
   0.000000 Start of measurement
"""


def test_accepts_asc() -> None:
    frames, damaged = asc(
        HEAD
        + "   0.100000 1  18F00E00x       Rx   d 2 82 16  Length = 0 BitCount = 0\n"
        + "   0.200000 2  123             Tx   d 0\n"
        + "   0.300000 1  ErrorFrame\n"
    )
    assert damaged == []
    assert [(f.bus, f.can_id, f.is_extended, f.data) for f in frames] == [
        ("1", 0x18F00E00, True, b"\x82\x16"),
        ("2", 0x123, False, b""),
    ]
    # 2021-11-02T10:00:00.5Z
    assert frames[0].time_s == pytest.approx(1635847200.6)


def test_asc_in_decimal_numbers() -> None:
    frames, _ = asc("base dec\n 0.1 1 291 Rx d 2 255 16\n")
    assert (frames[0].can_id, frames[0].data, frames[0].time_s) == (0x123, b"\xff\x10", 0.1)


@pytest.mark.parametrize(
    "line",
    [
        "0.1 1 123 Rx d 3 01 02",
        "0.1 1 800 Rx d 1 01",
        "0.1 1 123 Rx d 1 1FF",
        "0.1 1 123 Rx d 9 1 2 3 4 5 6 7 8 9",
    ],
)
def test_rejects_lines_of_asc(line: str) -> None:
    assert asc(f"date never\n{line}") == ([], [2])


def parquet(**columns: list[object]) -> tuple[list[Frame], list[int]]:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    file.seek(0)
    damaged: list[int] = []
    return list(read_parquet(file, lambda number, _: damaged.append(number))), damaged


def row(**changed: object) -> tuple[list[Frame], list[int]]:
    values = {"t": 1635188455.02085, "bus": "can0", "can_id": 0x18F00E00, "extended": 1}
    columns = {**values, "data": "8216", **changed}
    return parquet(**{name: [value] for name, value in columns.items()})


def test_accepts_parquet() -> None:
    assert row() == ([FRAME], [])
    assert row(data=b"\x82\x16") == ([FRAME], [])
    assert row(bus=1)[0][0].bus == "1"


def test_a_damaged_channel_is_told_and_the_identifier_decides() -> None:
    """In a real recording `extended` and `bus` of most rows hold a running number."""
    (frame,), damaged = row(extended=20, bus="20", can_id=0x7A8)
    assert (frame.bus, frame.is_extended, damaged) == (UNKNOWN_BUS, False, [1])
    assert row(extended=20)[0][0].is_extended


@pytest.mark.parametrize(
    "changed",
    [
        {"data": "821"},
        {"data": "00" * 9},
        {"data": None},
        {"can_id": 0x800, "extended": 0},
        {"can_id": 1 << 29},
        {"can_id": None},
        {"t": None},
    ],
)
def test_rejects_rows(changed: dict[str, object]) -> None:
    assert row(**changed) == ([], [1])


def test_rejects_files_that_are_no_parquet_or_lack_columns() -> None:
    with pytest.raises(InvalidInput, match="a Parquet file"):
        list(read_parquet(io.BytesIO(b"PAR1 and so on"), lambda _number, _reason: None))
    with pytest.raises(InvalidInput, match="can_id data"):
        parquet(t=[1.0], bus=["1"], extended=[0])
