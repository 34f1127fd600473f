"""`milepost simulate`: a world as files."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from milepost.cli.main import main
from milepost.simulator.readers import read_tracks
from milepost.simulator.source_format import SourceFormat


def simulate(folder: Path, *words: str) -> int:
    return main(["simulate", str(folder), "--seed", "3", "--days", "1", *words])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_reports_and_truth_stand_beside_each_other(tmp_path: Path) -> None:
    assert simulate(tmp_path, "--vehicles", "3", "--processes", "1") == 0
    table = pq.read_table(tmp_path / "reports-0.parquet")
    lines = (tmp_path / "truth-0.jsonl").read_text().splitlines()
    known = [json.loads(line) for line in lines]
    assert [each["number"] for each in known] == [0, 1, 2]
    assert set(table["unique_id"].to_pylist()) == {each["unique_id"] for each in known}
    assert {"kind", "style", "faults", "protocol", "truth"} <= set(known[0])


def test_the_processes_do_not_change_the_files(tmp_path: Path) -> None:
    for count in ("1", "2"):
        simulate(tmp_path / count, "--vehicles", "51", "--processes", count)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert len(contents(tmp_path / "1")) == 4


def test_replay_reads_the_reports(tmp_path: Path) -> None:
    simulate(tmp_path, "--vehicles", "2", "--processes", "1")
    tracks = read_tracks(tmp_path / "reports-0.parquet", SourceFormat())
    assert [track.vehicle for track in tracks] == ["970000030000000", "970000030000001"]
    assert tracks[0].positions[0].speed_kmh is not None


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--start", "yesterday"], "--start"),
        (["--vehicles", "0"], "--vehicles"),
        (["--processes", "0"], "--processes"),
        (["--days", "0"], "days"),
        (["--seed", "-1"], "seed"),
        (["--clean", "1.5"], "clean_share"),
    ],
)
def test_a_flag_that_cannot_be_is_named(
    words: list[str], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate(tmp_path, "--processes", "1", *words) == 2
    assert named in capsys.readouterr().err
