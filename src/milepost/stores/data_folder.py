"""The folder that holds an installation's data, and the lock that keeps it to one process."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from milepost.errors import DataFolderInUse, Unavailable
from milepost.stores.folder_rights import close_to_others, fsync_folder
from milepost.stores.work_folder import remove_left_over


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

    @property
    def log(self) -> Path:
        """Where the log of accepted positions is, until they are in ClickHouse."""
        return self.path / "log"

    def __enter__(self) -> Self:
        """Takes the lock, making the folder if it is missing; others can read nothing in it.

        What killed processes of ours left half-made in it goes.

        Raises:
            DataFolderInUse: if another process has it.
            Unavailable: if it cannot be made or written.
        """
        is_new = not self.path.exists()
        file = self._open_lock()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataFolderInUse(self.path, _owner(file)) from None
        self._file = file
        self._prepare(is_new=is_new)
        return self

    def _open_lock(self) -> IO[str]:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path / "milepost.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Unavailable(f"the data folder {self.path}", str(error.strerror)) from error
        return os.fdopen(descriptor, "r+")

    def _prepare(self, *, is_new: bool) -> None:
        assert self._file is not None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()
        os.fsync(self._file.fileno())
        fsync_folder(self.path)
        if is_new:
            fsync_folder(self.path.parent)
        close_to_others(self.path)
        remove_left_over(self.path)

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
