"""Finding 17: data and secrets in the open: modes, backups, messages, keys, schemas."""

import asyncio
import re
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path

from tests.attack import tracks
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand, program
from tests.attack.witness import deliver

SECRET = "hunter2secret"
REFUSED_WITHIN_S = 90.0


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=7)
    device = await attacked.office.register("350000900000171")
    track = tracks.shuttle(1_780_000_000_000, 300)
    tried.acknowledged = await deliver(device, attacked.port_offset, tracks.orderly(track))
    open_files = readable_by_others(attacked.server.data)
    tried.unless(not open_files, f"{len(open_files)} files are open to others: {open_files[:2]}")
    code = await attacked.stop()
    tried.unless(code == 0, f"the exit code is {code}")
    await asyncio.to_thread(_backups, attacked, tried)
    await asyncio.to_thread(_words, attacked, tried)
    await asyncio.to_thread(_keys, attacked, tried)
    attacked.serving.clear()
    attacked.server.start()
    await attacked.ready()
    return tried


def readable_by_others(folder: Path) -> list[str]:
    """Files that another user of the machine may read, the folders on the way included."""
    found: list[str] = []

    def walk(at: Path) -> None:
        if not at.stat().st_mode & stat.S_IXOTH:
            return
        for each in at.iterdir():
            if each.is_symlink():
                continue
            if each.is_dir():
                walk(each)
            elif each.is_file() and each.stat().st_mode & stat.S_IROTH:
                found.append(str(each.relative_to(folder)))

    walk(folder)
    return sorted(found)


def _milepost(attacked: Stand, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = attacked.server.environment | settings
    return subprocess.run(
        program(*words), env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def _backups(attacked: Stand, tried: Tried) -> None:
    folder, data = attacked.server.folder, str(attacked.server.data)
    archive = folder / "backup.zip"
    done = _milepost(attacked, "backup", "--data", data, str(archive))
    tried.unless(done.returncode == 0, f"backup: {done.stderr[-200:]}")
    if done.returncode:
        return
    mode = stat.S_IMODE(archive.stat().st_mode)
    tried.unless(mode & 0o077 == 0, f"a backup has the mode {mode:o}")
    changed = _with_a_digit_changed(archive)
    if changed is None:
        tried.note = "the backup is no archive that this test can change"
        return
    restored = folder / "restored"
    again = _milepost(attacked, "restore", "--data", str(restored), str(changed))
    tried.unless(again.returncode != 0, "a backup with one digit changed is restored")
    tried.unless("Traceback" not in again.stderr, "a damaged backup ends in a traceback")
    shutil.rmtree(restored, ignore_errors=True)


def _with_a_digit_changed(archive: Path) -> Path | None:
    """A copy whose first CSV or other text has another digit; None if it is no ZIP or tar."""
    target = archive.with_name("changed" + archive.suffix)
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as copy:
            names = [each.filename for each in source.infolist() if "vehicles" in each.filename]
            for each in source.infolist():
                content = source.read(each)
                if names and each.filename == names[0]:
                    content = _other_digit(content)
                copy.writestr(each, content)
        return target
    return _tar_changed(archive, target)


def _tar_changed(archive: Path, target: Path) -> Path | None:
    work = archive.with_name("unpacked")
    work.mkdir()
    if subprocess.run(["tar", "-xf", archive, "-C", work], check=False).returncode:
        return None
    texts = [each for each in work.rglob("*vehicles*") if each.is_file()]
    if not texts:
        return None
    texts[0].write_bytes(_other_digit(texts[0].read_bytes()))
    pack = "-czf" if archive.read_bytes()[:2] == b"\x1f\x8b" else "-cf"
    names = sorted(each.name for each in work.iterdir())
    subprocess.run(["tar", pack, target, "-C", work, *names], check=True)
    return target


def _other_digit(content: bytes) -> bytes:
    """The last digit of the content is another one."""
    found = list(re.finditer(rb"[0-8]", content))
    if not found:
        return content
    at = found[-1].start()
    return content[:at] + bytes((content[at] + 1,)) + content[at + 1 :]


def _words(attacked: Stand, tried: Tried) -> None:
    """Wrong settings must not print the secrets of others."""
    url = f"postgresql+asyncpg://milepost:{SECRET}@127.0.0.1:1/milepost"
    for wrong in (
        {"MILEPOST_PORT": "abc", "MILEPOST_DATABASE_URL": url},
        {"MILEPOST_MQTT_URL": f"mqtt://user:{SECRET}@"},
        {"MILEPOST_DATABASE_URL": f"nonsense://user:{SECRET}@host:port/x"},
    ):
        words = ("up", "--data", str(attacked.server.data))
        try:
            done = _milepost_briefly(attacked, words, **wrong)
        except subprocess.TimeoutExpired:
            tried.broken.append(f"a wrong {next(iter(wrong))} is taken")
            continue
        told = SECRET in done.stderr + done.stdout
        tried.unless(not told, f"a wrong {next(iter(wrong))} prints a secret")
        tried.unless(done.returncode not in {0, 1}, f"a wrong {next(iter(wrong))} is taken")


def _keys(attacked: Stand, tried: Tried) -> None:
    """A signing key of three bytes, and one that everybody may read, are refused in words."""
    key = attacked.server.data / "signing.key"
    good, mode = key.read_bytes(), key.stat().st_mode
    for name, content, bits in (
        ("of 3 bytes", b"abc", 0o600),
        ("that is empty", b"", 0o600),
        ("of mode 0644", good, 0o644),
    ):
        key.write_bytes(content)
        key.chmod(bits)
        port = str(attacked.server.port)
        words = ("up", "--data", str(attacked.server.data), "--port", port)
        try:
            done = _milepost_briefly(attacked, words)
        except subprocess.TimeoutExpired:
            # A key that others could read is closed to them, with a warning, and taken.
            was_closed = bits != 0o600 and stat.S_IMODE(key.stat().st_mode) == 0o600
            tried.unless(was_closed, f"a signing key {name} is taken, or ends in a loop")
            continue
        refused = done.returncode == 2 and "signing.key" in done.stderr
        tried.unless(refused, f"a signing key {name} ends with {done.returncode}")
        tried.unless("Traceback" not in done.stderr, f"a signing key {name}: a traceback")
    key.write_bytes(good)
    key.chmod(mode)


def _milepost_briefly(
    attacked: Stand, words: tuple[str, ...], **settings: str
) -> subprocess.CompletedProcess[str]:
    """A start that is to be refused; it is ended, with all its children, if it is not."""
    process = subprocess.Popen(
        program(*words),
        env=attacked.server.environment | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = process.communicate(timeout=REFUSED_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.communicate(timeout=60)
        raise
    return subprocess.CompletedProcess(words, process.returncode, out, err)


FINDING = Finding(
    number=17,
    promise="Nobody else may read the data or a backup; damage, bad keys and wrong settings are "
    "refused in words without secrets.",
    run=run,
)
