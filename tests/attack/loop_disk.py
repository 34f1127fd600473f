"""A disk that forgets: ext4 in a file behind a loop device, whose plug can be pulled."""

import os
import subprocess
from pathlib import Path

SIZE_BYTES = 4_000_000_000
# No commit of the journal but those that somebody waits for: an unlucky moment, every time.
_OPTIONS = "loop,noatime,commit=600"


class NoLoopDevice(Exception):
    """This machine has no loop devices for us."""


class LoopDisk:
    """Mounted at `mount`; what was not fsynced is in the page cache and not in the file."""

    def __init__(self, folder: Path) -> None:
        self.mount = folder / "mount"
        self._folder = folder
        self._number = 0

    @property
    def _image(self) -> Path:
        return self._folder / f"disk-{self._number}.img"

    def make(self) -> None:
        """Makes the file system and mounts it.

        Raises:
            NoLoopDevice: only root can, and not in every container.
        """
        if os.geteuid() != 0:
            raise NoLoopDevice("only root can mount a file system")
        self.mount.mkdir()
        self._image.touch()
        os.truncate(self._image, SIZE_BYTES)
        whole = "lazy_itable_init=0,lazy_journal_init=0"
        _run("mkfs.ext4", "-q", "-F", "-E", whole, self._image)
        self._attach()

    def pull_plug(self) -> None:
        """Keeps a copy of what is in the file now; `come_back` goes on from there."""
        copy = self._folder / f"disk-{self._number + 1}.img"
        _run("cp", "--sparse=always", self._image, copy)

    def come_back(self) -> None:
        """Mounts the copy in place of the disk, on which nothing may be open any more."""
        _run("umount", self.mount)
        self._image.unlink()
        self._number += 1
        self._attach()

    def remove(self) -> None:
        """Unmounts; the files go with the folder."""
        subprocess.run(["umount", "--lazy", self.mount], check=False, capture_output=True)

    def _attach(self) -> None:
        _run("mount", "-o", _OPTIONS, self._image, self.mount)
        self.mount.chmod(0o755)


def check_that_it_forgets(disk: LoopDisk) -> None:
    """The test of the test: a cut keeps what was fsynced, and nothing that was not.

    Raises:
        AssertionError: it keeps more or less than that.
    """
    kept, lost = disk.mount / "kept", disk.mount / "lost"
    for file in (kept, lost):
        file.write_bytes(b"x" * 100_000)
    _fsync(kept)
    _fsync(disk.mount)
    lost.write_bytes(b"y" * 100_000)
    disk.pull_plug()
    disk.come_back()
    assert kept.read_bytes() == b"x" * 100_000, "the disk lost what was fsynced"
    assert not lost.exists() or b"y" not in lost.read_bytes(), "the disk kept what was not fsynced"
    kept.unlink()
    lost.unlink(missing_ok=True)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _run(*words: str | Path) -> None:
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    if done.returncode:
        raise NoLoopDevice(f"{words[0]}: {done.stderr.strip()}")
