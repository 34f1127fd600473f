"""A log file that another process appends to, kept from growing without end."""

import os
import shutil
from pathlib import Path
from typing import IO

LARGEST_BYTES = 10_000_000
KEPT = 3


class RotatedLog:
    """`file`, and `file.1` to `file.3` with what was before; readable by the owner alone.

    The writer holds the file open, so a large one is copied and emptied in its place; what is
    written between the two is lost.
    """

    def __init__(self, file: Path, *, largest_bytes: int = LARGEST_BYTES, kept: int = KEPT) -> None:
        self._file = file
        self._largest_bytes = largest_bytes
        self._kept = kept

    def open(self) -> IO[bytes]:
        """The file to append to, made if it is missing."""
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.fchmod(descriptor, 0o600)
        return os.fdopen(descriptor, "ab")

    def rotate_if_large(self) -> bool:
        """Empties the file if it is too large; says whether it was."""
        try:
            if self._file.stat().st_size <= self._largest_bytes:
                return False
        except FileNotFoundError:
            return False
        for number in range(self._kept - 1, 0, -1):
            if self._numbered(number).exists():
                self._numbered(number).replace(self._numbered(number + 1))
        shutil.copyfile(self._file, self._numbered(1))
        self._numbered(1).chmod(0o600)
        os.truncate(self._file, 0)
        return True

    def end(self, lines: int) -> str:
        """The last lines, on one."""
        text = self._file.read_text(errors="replace").splitlines()
        return " | ".join(text[-lines:])

    def _numbered(self, number: int) -> Path:
        return self._file.with_name(f"{self._file.name}.{number}")
