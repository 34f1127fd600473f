"""After a change of the signing key the first start seals every secret anew."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert

from milepost.errors import Unavailable
from milepost.features.second_factor import resealing, store
from milepost.features.second_factor.sealing import Sealer
from milepost.features.second_factor.tables import second_factors
from milepost.features.signing_keys import load_signing_keys, rotate
from milepost.features.users.tables import users
from milepost.stores.postgres.database import Database

NOW = datetime(2026, 2, 3, tzinfo=UTC)
COUNT = 230


async def add_account(database: Database, sealer: Sealer, secret: str) -> UUID:
    user_id = uuid4()
    times = {"created_at": NOW, "updated_at": NOW}
    async with database.operator_transaction() as connection:
        await connection.execute(
            insert(users).values(id=user_id, email=f"{user_id}@example.com", name="A", **times)
        )
        await store.put_draft(connection, user_id, sealer.seal(user_id, secret), NOW)
    return user_id


async def test_all_secrets_are_opened_by_the_new_key_alone(
    database: Database, tmp_path: Path
) -> None:
    async with database.operator_transaction() as connection:
        await connection.execute(delete(second_factors))
    old = load_signing_keys(tmp_path)
    ids = [await add_account(database, Sealer(old.current), f"S{n}") for n in range(COUNT)]
    lost = await add_account(database, Sealer(b"x" * 32), "sealed by a key that is gone")
    rotate(tmp_path)

    keys = await resealing.take_signing_keys(tmp_path, database)
    assert keys.previous == old.current
    assert load_signing_keys(tmp_path).previous is None
    sealer = Sealer(keys.current)
    async with database.identity_transaction() as connection:
        for number, user_id in enumerate(ids):
            found = await store.find_factor(connection, user_id)
            assert found is not None
            assert sealer.open(user_id, found.sealed_secret) == f"S{number}"
        kept = await store.find_factor(connection, lost)
        assert kept is not None
        with pytest.raises(Unavailable):
            sealer.open(lost, kept.sealed_secret)
        assert await resealing.seal_anew(connection, Sealer(keys.current, old.current)) == 0
