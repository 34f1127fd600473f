"""Errors of PostgreSQL without the values that they are about, wherever they are printed."""

import traceback
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import insert, text

from milepost.features.users.tables import users
from milepost.stores.data_folder import DataFolder
from milepost.stores.postgres.database import Database

SECRET = "hash-of-somebody"


async def failing(database: Database, statement: object, values: dict[str, object]) -> str:
    """The whole traceback of a statement that fails."""
    with pytest.raises(Exception) as failed:
        async with database.operator_transaction() as connection:
            await connection.execute(statement, values)  # type: ignore[call-overload]
    return "".join(traceback.format_exception(failed.value)) + str(failed.value.__cause__)


def written_in(log: Path) -> str:
    return log.read_text()


async def test_parameters_and_rows_stand_in_no_error(database: Database) -> None:
    now = datetime.now(UTC)
    row = {"id": uuid4(), "email": "a@example.com", "name": "A", "password_hash": SECRET}
    for said in (
        await failing(database, insert(users), row | {"created_at": now, "updated_at": None}),
        await failing(database, text("SELECT CAST(:it AS integer)"), {"it": SECRET}),
        await failing(database, text("SELECT 1 / length(:it) - length(:it) / 0"), {"it": SECRET}),
        await failing(database, text("SELECT :it"), {"it": SECRET + "\0"}),
    ):
        assert "Traceback" in said
        assert SECRET not in said


async def test_nor_in_the_servers_log(database: Database, data_folder: DataFolder) -> None:
    unique = f"{SECRET}-{uuid4()}"
    twice = {"a": uuid4(), "name": unique, "now": datetime.now(UTC)}
    statement = (
        "INSERT INTO tenants (id, name, slug, created_at, updated_at)"
        " SELECT :a, :name, CAST(:name AS text), CAST(:now AS timestamptz), NULL"
    )
    said = await failing(database, text(statement), twice)
    assert "null value in column" in said and unique not in said
    log = written_in(data_folder.path / "postgres.log")
    assert 'null value in column "updated_at"' in log
    assert unique not in log
