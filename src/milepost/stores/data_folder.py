"""The folder that holds an installation's data, and the lock that keeps it to one process."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from milepost.errors import DataFolderInUse


class DataFolder:
    """Owns a data folder while it is open: `with DataFolder(path) as folder`.

    The lock is the kernel's (`flock`), so a process that dies in any way lets go of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self._file: IO[str] | None = None

    @property
    def postgres(self) -> Path:
        """Where the embedded PostgreSQL keeps its files."""
        return self.path / "postgres"

    @property
    def clickhouse(self) -> Path:
        """Where ClickHouse in the process keeps its files."""
        return self.path / "clickhouse"

    def __enter__(self) -> Self:
        """Takes the lock, making the folder if it is missing.

        Raises:
            DataFolderInUse: if another process has it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        file = (self.path / "milepost.lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataFolderInUse(self.path, _owner(file)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Lets go of the folder."""
        assert self._file is not None
        self._file.close()


def _owner(file: IO[str]) -> int | None:
    with file:
        file.seek(0)
        text = file.read().strip()
    return int(text) if text.isdigit() else None
