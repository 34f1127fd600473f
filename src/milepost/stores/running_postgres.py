"""How a second process reaches the embedded PostgreSQL that a running server owns."""

from pathlib import Path

from milepost.stores.postgres_family import socket_folder_of


def running_postgres_url(folder: Path) -> str | None:
    """The SQLAlchemy URL of the server that works in the folder; None if there is none."""
    sockets = socket_folder_of(folder)
    return None if sockets is None else f"postgresql+asyncpg://postgres@/postgres?host={sockets}"
