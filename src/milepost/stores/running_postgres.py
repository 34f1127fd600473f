"""How a second process reaches the embedded PostgreSQL that a running server owns."""

from pathlib import Path

# Source: PostgreSQL, src/include/utils/pidfile.h, LOCK_FILE_LINE_SOCKET_DIR.
_SOCKET_FOLDER_LINE = 4


def running_postgres_url(folder: Path) -> str | None:
    """The SQLAlchemy URL of the server that works in the folder; None if there is none."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) <= _SOCKET_FOLDER_LINE or not lines[_SOCKET_FOLDER_LINE]:
        return None
    return f"postgresql+asyncpg://postgres@/postgres?host={lines[_SOCKET_FOLDER_LINE]}"
