"""Totals of ten minutes: a bucket is written again and again while it is open."""

import msgspec

from milepost.domain.trip import Rollup
from milepost.stream.conclusion import Conclusion, Occasion, OutputKey, Row


def _key(rollup: Rollup) -> OutputKey:
    return ("rollup", rollup.bucket_start_ms, "")


def _row(rollup: Rollup, _: Occasion) -> Row:
    return msgspec.structs.asdict(rollup)


CONCLUSION = Conclusion(
    output_type=Rollup,
    key=_key,
    table="rollups",
    row=_row,
    replacement="version",
    permission="read",
)
