"""House rules that no linter knows: sizes, names, pins, nothing of one machine in a file."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from milepost.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
BANNED_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager"}
MODULE_LIMIT = 400
WEB_FILE_LIMIT = 250
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|NotImplemented" r"Error")
DOWNLOAD_ADDRESS = re.compile(
    r'"resolved": *"http|index-url|https?://[^ "]*/(simple|packages)/', re.IGNORECASE
)
MIB = 1024 * 1024


def committed(*patterns: str) -> list[Path]:
    """The files under version control that match one of the patterns, as they stand on disk."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, check=False
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    names = listing.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def sources() -> list[Path]:
    return committed("src/*.py", "web/src/*", "sdk/*/src/*")


def parts(path: Path) -> Iterator[str]:
    for part in path.relative_to(ROOT).parts:
        yield part.split(".")[0]


def test_modules_stay_within_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines_of(path)
        for path in committed("src/*.py", "bench/*.py", "scripts/*.py")
        if lines_of(path) > MODULE_LIMIT
    }
    assert long == {}


def test_web_files_stay_within_250_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines_of(path)
        for path in committed("web/src/*.ts", "web/src/*.tsx", "web/src/*.css")
        if lines_of(path) > WEB_FILE_LIMIT
    }
    assert long == {}


def test_names_say_something() -> None:
    empty = [
        str(path.relative_to(ROOT)) for path in sources() if BANNED_NAMES.intersection(parts(path))
    ]
    assert empty == []


def test_nothing_is_marked_as_unfinished() -> None:
    marked = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.suffix in {".py", ".ts", ".tsx"} and UNFINISHED.search(path.read_text("utf-8"))
    ]
    assert marked == []


def test_lock_files_name_no_registry() -> None:
    named = [
        str(path.relative_to(ROOT))
        for path in committed("*lock*", "requirements/*", "*.toml", "*.json", "*.npmrc")
        if DOWNLOAD_ADDRESS.search(path.read_text("utf-8"))
    ]
    assert named == []


@pytest.mark.parametrize("name", ["run", "dev"])
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").replace("\\\n", " ")
    loose = [
        line
        for line in text.splitlines()
        if not re.match(r"[A-Za-z0-9._-]+(\[[^]]*])?==\S+.*--hash=sha256:", line)
    ]
    assert loose == []


def test_both_lock_files_pin_the_same_versions() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        return set(re.findall(r"^[A-Za-z0-9._-]+==[^\s\\]+", text, re.MULTILINE))

    assert pins("run") - pins("dev") == set()


@pytest.mark.parametrize("folder", ["web", "sdk/typescript"])
def test_npm_lock_files_are_complete(folder: str) -> None:
    """`npm ci` refuses a lock file that lacks even another platform's optional package."""
    packages = json.loads((ROOT / folder / "package-lock.json").read_text("utf-8"))["packages"]
    locked = {name.rpartition("node_modules/")[2] for name in packages}
    wanted = {
        name
        for package in packages.values()
        for kind in ("dependencies", "devDependencies", "optionalDependencies")
        for name in package.get(kind, {})
    }
    assert sorted(wanted - locked) == []


def test_committed_files_are_small() -> None:
    big = [str(path.relative_to(ROOT)) for path in committed() if path.stat().st_size > 4 * MIB]
    assert big == []


@pytest.mark.parametrize(
    "folder",
    [
        "src/milepost/stores/postgres/migrations/versions",
        "src/milepost/stores/clickhouse/migrations",
    ],
)
def test_migrations_are_numbered_without_gaps(folder: str) -> None:
    names = [path.name for path in (ROOT / folder).iterdir() if path.name[0].isdigit()]
    numbers = sorted({int(name.split("_")[0]) for name in names})
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers, f"no migrations under {folder}"


def test_adrs_are_numbered_and_listed() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    listing = (ROOT / "docs" / "README.md").read_text("utf-8")
    assert len({record.name[:4] for record in records}) == len(records)
    assert [record.name for record in records if f"adr/{record.name}" not in listing] == []


def test_every_setting_stands_in_the_operations_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `MILEPOST_([A-Z_]+)` \|", page, re.MULTILINE))
    assert documented == {name.upper() for name in Settings.__struct_fields__}


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in committed("README.md", "docs/*.md")
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []
