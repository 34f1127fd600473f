"""Recordings of a bus in Parquet: columns t, bus, can_id, extended, data. Read batch by batch."""

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from milepost.errors import InvalidInput
from milepost.vehiclebus.frame import STANDARD_BITS, Frame
from milepost.vehiclebus.logs import Damaged, checked_frame

COLUMNS = ("t", "bus", "can_id", "extended", "data")
UNKNOWN_BUS = "?"
_BATCH_ROWS = 16_384


def read_parquet(file: BinaryIO, damaged: Damaged) -> Iterator[Frame]:
    """The frames of a file: `t` in seconds since the epoch, `extended` 0 or 1, `data` in hex.

    Raises:
        InvalidInput: it is no Parquet file, or lacks a column.
    """
    try:
        table = pq.ParquetFile(file)
    except pa.ArrowInvalid as error:
        raise InvalidInput("log", getattr(file, "name", "file"), "a Parquet file") from error
    missing = set(COLUMNS).difference(table.schema_arrow.names)
    if missing:
        raise InvalidInput("log", " ".join(sorted(missing)), f"columns {', '.join(COLUMNS)}")
    number = 0
    for batch in table.iter_batches(batch_size=_BATCH_ROWS, columns=list(COLUMNS)):
        columns = [batch.column(name).to_pylist() for name in COLUMNS]
        for row in zip(*columns, strict=True):
            number += 1
            frame = _frame(*row)
            if frame is None:
                damaged(number, f"no CAN frame: {row!r:.80}")
                continue
            if frame.bus == UNKNOWN_BUS:
                damaged(number, f"`extended` is {row[3]!r}, not 0 or 1; the identifier decides")
            yield frame


def _frame(
    time_s: float | None,
    bus: object,
    can_id: int | None,
    extended: int | None,
    data: str | bytes | None,
) -> Frame | None:
    """A row's frame. Where `extended` is no truth value, the columns of the channel are damaged."""
    if time_s is None or can_id is None or data is None:
        return None
    try:
        content = bytes.fromhex(data) if isinstance(data, str) else bytes(data)
    except ValueError:
        return None
    if extended not in (0, 1):
        return checked_frame(time_s, UNKNOWN_BUS, can_id, can_id >> STANDARD_BITS > 0, content)
    return checked_frame(time_s, str(bus), can_id, bool(extended), content)
