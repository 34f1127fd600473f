"""What a wheel holds, and what happens without a built web app."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT_FILES = ["pyproject.toml", "hatch_build.py", "README.md", "LICENSE"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project without web sources and without a built web app."""
    copy = tmp_path / "checkout"
    shutil.copytree(
        ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("web_dist", "__pycache__")
    )
    shutil.copytree(ROOT / "demo", copy / "demo")
    for name in PROJECT_FILES:
        shutil.copy(ROOT / name, copy / name)
    return copy


def build_wheel(checkout: Path, into: Path) -> subprocess.CompletedProcess[str]:
    words = ["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    words += ["--wheel-dir", str(into), str(checkout)]
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


def test_a_wheel_holds_all_that_running_needs(checkout: Path, tmp_path: Path) -> None:
    index = checkout / "src" / "milepost" / "web_dist" / "index.html"
    index.parent.mkdir()
    index.write_text("<!doctype html>")
    done = build_wheel(checkout, tmp_path)
    assert done.returncode == 0, done.stderr

    [wheel] = tmp_path.glob("milepost-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        [entry_points] = [name for name in names if name.endswith("entry_points.txt")]
        commands = archive.read(entry_points).decode()
    assert "milepost/web_dist/index.html" in names
    assert "milepost = milepost.cli.main:main" in commands
    demo = {f"milepost/demo_data/{path.name}" for path in (ROOT / "demo").glob("*.parquet")}
    assert demo
    assert demo <= names
    sql = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*.sql")}
    assert sql
    assert sql <= names


def test_a_wheel_without_web_app_and_sources_is_refused(checkout: Path, tmp_path: Path) -> None:
    done = build_wheel(checkout, tmp_path)
    assert done.returncode != 0
    assert "neither a built web app" in done.stdout + done.stderr
    assert list(tmp_path.glob("*.whl")) == []
