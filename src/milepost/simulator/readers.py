"""Recorded tracks from a file, by its ending."""

from pathlib import Path

from milepost.errors import InvalidInput
from milepost.simulator.gpx_reader import read_gpx
from milepost.simulator.source_format import SourceFormat
from milepost.simulator.table_reader import read_table, tracks_of
from milepost.simulator.track import Track


def read_tracks(path: Path, source: SourceFormat) -> list[Track]:
    """One track a vehicle; a file without a column of identities is one vehicle's.

    Raises:
        InvalidInput: there is no such file, it cannot be parsed, or columns are missing.
    """
    if not path.is_file():
        raise InvalidInput("the file", str(path), "an existing file")
    if path.suffix.lower() == ".gpx":
        return read_gpx(path, path.stem)
    return tracks_of(read_table(path), source, path.stem)
