"""What the commands that derive something again have in common: the part, and the progress."""

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from milepost.errors import InvalidInput, NotFound
from milepost.features.tenants.store import find_tenant_by_slug
from milepost.stores.postgres.database import Database

TELL_EVERY_S = 5.0


def add_part_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that say what is derived again."""
    parser.add_argument("--tenant", metavar="SLUG", help="only this tenant's")
    parser.add_argument("--vehicle", metavar="ID", type=UUID, help="only this vehicle's")
    parser.add_argument(
        "--since", metavar="DAY", help="only from this UTC day on (2026-01-31); faster"
    )
    parser.add_argument("--data", type=Path, help="folder of the embedded engines")


def since_ms(day: str | None) -> int:
    """The start of a UTC day in Unix milliseconds; 0 if there is none.

    Raises:
        InvalidInput: the text is no day.
    """
    if day is None:
        return 0
    try:
        start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInput("--since", day, "a day like 2026-01-31") from None
    return max(0, int(start.timestamp() * 1000))


async def tenant_id(database: Database, slug: str) -> UUID:
    """The id of a tenant by its slug.

    Raises:
        NotFound: there is none.
    """
    async with database.operator_transaction() as connection:
        tenant = await find_tenant_by_slug(connection, slug)
    if tenant is None:
        raise NotFound("tenant", slug)
    return tenant.id


class Teller:
    """Prints how far it has come, every few seconds and at the end."""

    def __init__(self) -> None:
        self._told_s = time.monotonic()

    def __call__(self, done: int, of: int, positions: int) -> None:
        """Note progress; print it if it is time."""
        if done < of and time.monotonic() - self._told_s < TELL_EVERY_S:
            return
        self._told_s = time.monotonic()
        print(f"{done:,} of {of:,} devices, {positions:,} positions", flush=True)
