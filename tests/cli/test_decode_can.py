"""`milepost decode can` as support engineers run it."""

import csv
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from milepost.cli.can_summary import MOST_IDS, Summary
from milepost.cli.main import main
from milepost.vehiclebus.frame import Frame

FOLDER = Path(__file__).resolve().parent.parent / "vectors" / "can"
SPEED = "(1.5) can0 18FEF100#FF0050FFFFFFFFFF\n"
ANSWER = "(2.5) can0 7E8#03410D32AAAAAAAA\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "drive.log"
    path.write_text(SPEED + ANSWER)
    return path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(["decode", "can", *map(str, words)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_json(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--format", "json", log)
    assert (code, err) == (0, "")
    speeds = [line for line in lines(out) if line["path"] == "Vehicle.Speed"]
    assert speeds == [
        {
            "time": 1.5,
            "bus": "can0",
            "source": "j1939 00",
            "id": "SPN 84",
            "name": "wheel-based speed",
            "value": 80.0,
            "unit": "km/h",
            "path": "Vehicle.Speed",
            "text": None,
        },
        {
            "time": 2.5,
            "bus": "can0",
            "source": "obd 7E8",
            "id": "PID 0D",
            "name": "vehicle speed",
            "value": 50.0,
            "unit": "km/h",
            "path": "Vehicle.Speed",
            "text": None,
        },
    ]


def test_csv(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--format", "csv", log)
    rows = [row for row in csv.DictReader(io.StringIO(out)) if row["id"] == "PID 0D"]
    assert [(row["value"], row["unit"], row["text"]) for row in rows] == [("50", "km/h", "")]


def test_a_table_is_the_default(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, log)
    head, *rows = out.splitlines()
    assert head.split() == ["time", "bus", "source", "id", "name", "value", "unit", "path", "text"]
    (row,) = [row for row in rows if "PID 0D" in row]
    assert row.split()[-3:] == ["50", "km/h", "Vehicle.Speed"]
    assert row.index("obd") == head.index("source")


def test_a_summary(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--summary", log, FOLDER / "truck_j1939.log.gz")
    assert code == 0
    rows = [row.split() for row in out.splitlines()]
    assert ["can0", "0CF00400", "EEC1", "from", "00", "4465", "100.00"] in rows
    assert ["can0", "7E8", "diagnostic", "answer", "1", "-"] in rows
    assert ["can0", "j1939", "00", "DM1", "BAM", "18", "44"] in rows


def test_a_summary_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(
        capsys, "--summary", "--format", "json", FOLDER / "ev_uds.parquet",
        "--dbc", FOLDER / "dbc" / "tp_uds.dbc",
    )  # fmt: skip
    content = json.loads(out)
    assert {(row["id"], row["name"], row["frames"]) for row in content["ids"]} == {
        ("7EC", "Battery", 1110),
        ("7BB", "Temperature", 900),
    }
    assert [(row["source"], row["bytes"], row["count"]) for row in content["transfers"]] == [
        ("obd 7BB", 38, 150),
        ("obd 7EC", 62, 120),
    ]
    assert (content["refused"], content["damage"], content["otherFrames"]) == ({}, [], 0)


def test_own_signals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        '[signals]\n"CCVS1.WheelBasedVehicleSpeed" = { path = "Vehicle.Speed", scale = 0.5 }\n'
    )
    log = tmp_path / "drive.asc"
    log.write_text("base hex\n 0.5 1 18FEF103x Rx d 8 FF 00 50 FF FF FF FF FF\n")
    dbc = FOLDER / "dbc" / "CSS-Electronics-SAE-J1939-DEMO.dbc"
    _, out, _ = run(capsys, "--dbc", dbc, "--map", mapping, "--format", "json", log)
    (own,) = [line for line in lines(out) if line["id"] == "DBC"]
    assert (own["value"], own["unit"], own["path"]) == (40, "km/h", "Vehicle.Speed")


def test_an_own_identifier_carries_isotp(tmp_path: Path, capsys: Any) -> None:
    log = tmp_path / "drive.log.gz"
    log.write_bytes(gzip.compress(b"(1.0) can0 7BB#0462F40C1AAAAAAA\n"))
    assert run(capsys, "--format", "json", log)[1] == ""
    _, out, _ = run(capsys, "--isotp", "7BB", "--format", "json", log)
    assert lines(out)[0]["id"] == "DID F40C"
    with pytest.raises(SystemExit):
        run(capsys, "--isotp", "800", log)


def test_damage_is_told_and_does_not_stop(log: Path, capsys: Any) -> None:
    log.write_text(f"rubbish\n{SPEED}more\n")
    code, out, err = run(capsys, log)
    assert code == 0
    assert "wheel-based speed" in out
    assert err.startswith("milepost: drive.log: 2 damaged lines or rows, the first: 1: no frame")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.log", b"", "a recording with CAN frames"),
        ("words.log", b"hello\nworld\n", "a recording with CAN frames"),
        ("noise.bin", bytes(range(256)), "a recording with CAN frames"),
        ("cut.log.gz", gzip.compress(SPEED.encode() * 99, mtime=0)[:-12], "a readable file"),
        ("wrong.gz", b"\x1f\x8b not gzip", "a readable file"),
        ("wrong.parquet", b"PAR1 not parquet", "a Parquet file"),
    ],
)
def test_rejects_recordings(
    tmp_path: Path, capsys: Any, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    code, _, err = run(capsys, path)
    assert code == 2
    assert err.startswith("milepost: log: ")
    assert reason in err


def test_rejects_files_that_are_not_there(log: Path, tmp_path: Path, capsys: Any) -> None:
    for words in ([tmp_path / "no.log"], [tmp_path], ["--dbc", tmp_path / "no.dbc", log]):
        code, _, err = run(capsys, *words)
        assert code == 2
        assert "a readable file (" in err


def test_rejects_files_of_another_kind(log: Path, capsys: Any) -> None:
    code, _, err = run(capsys, "--dbc", log, log)
    assert (code, "DBC file" in err) == (2, True)
    code, _, err = run(capsys, "--map", log, log)
    assert (code, "with --dbc" in err) == (2, True)
    dbc = FOLDER / "dbc" / "tp_j1939.dbc"
    code, _, err = run(capsys, "--dbc", dbc, "--map", log, log)
    assert (code, "TOML" in err) == (2, True)


def test_a_dbc_file_of_a_windows_tool_is_read(tmp_path: Path, log: Path, capsys: Any) -> None:
    dbc = tmp_path / "own.dbc"
    text = (FOLDER / "dbc" / "tp_j1939.dbc").read_text("utf-8").replace('"rpm"', '"°C"')
    dbc.write_bytes(text.encode("cp1252"))
    assert run(capsys, "--dbc", dbc, log)[0] == 0


def test_the_reader_may_stop_early(tmp_path: Path) -> None:
    log = tmp_path / "long.log"
    log.write_text(SPEED * 20_000)
    command = f"{sys.executable} -m milepost.cli.main decode can {log} | head -1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("time")
    assert result.stderr == ""


def test_the_form_for_devices_still_reads_standard_input() -> None:
    command = [sys.executable, "-m", "milepost.cli.main", "decode", "gt06"]
    login = '{"transport": "binary", "payload": "78780d01086471700328358100093f040d0a"}'
    result = subprocess.run(command, input=login, capture_output=True, text=True, check=False)
    assert json.loads(result.stdout)["type"] == "login"


def test_a_summary_of_noise_is_bounded() -> None:
    summary = Summary(None)
    for can_id in range(MOST_IDS + 5):
        summary.add_frame(Frame(1.0, "0", can_id, is_extended=True, data=b""))
    file = io.StringIO()
    summary.write(file, as_json=True)
    content = json.loads(file.getvalue())
    assert (len(content["ids"]), content["otherFrames"]) == (MOST_IDS, 5)
    summary.write(file, as_json=False)
    assert "other identifiers" in file.getvalue()
