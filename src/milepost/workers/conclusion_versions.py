"""The tables of ClickHouse that keep conclusions: how newer versions of their rows get in."""

from collections.abc import Mapping, Sequence

from milepost.stores.telemetry import Telemetry
from milepost.stream.conclusion import Row
from milepost.stream.kinds import KINDS


async def insert_versions(
    telemetry: Telemetry, rows: Mapping[str, Sequence[Row]], version: int
) -> None:
    """Store the rows of every kind that is replaced by version.

    Raises:
        Unavailable: ClickHouse does not take them.
    """
    # A table of ClickHouse comes with its insert: its columns are Arrow's, and sums hang on it.
    inserts = {"rollups": telemetry.insert_rollups}
    for kind in KINDS.values():
        if kind.replacement == "version":
            await inserts[kind.table](rows.get(kind.table, ()), version)
