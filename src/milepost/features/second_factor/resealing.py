"""After a change of the signing key: secrets at rest are sealed under the new one."""

from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.errors import Unavailable
from milepost.features.second_factor import store
from milepost.features.second_factor.sealing import Sealer
from milepost.features.signing_keys import SigningKeys, forget_previous_key, load_signing_keys
from milepost.features.tokens import key_id
from milepost.stores.postgres.database import Database

_AT_ONCE = 100

_log = structlog.get_logger("milepost.second_factor")


async def take_signing_keys(folder: Path, database: Database) -> SigningKeys:
    """The server's keys; after a change nothing at rest needs the key before any more.

    That key signed tokens that are still good, so it is given for the life of this process, and
    its file goes.
    """
    keys = load_signing_keys(folder)
    if keys.previous is not None:
        async with database.identity_transaction() as connection:
            count = await seal_anew(connection, Sealer(keys.current, keys.previous))
        forget_previous_key(folder)
        _log.info("signing_key_changed", key_id=key_id(keys.current), sealed_anew=count)
    return keys


async def seal_anew(connection: AsyncConnection, sealer: Sealer) -> int:
    """Seal under the current signing key what another one sealed.

    What cannot be opened stays as it is: its key is gone, and an administrator resets the factor.

    Returns:
        How many secrets were sealed anew.
    """
    count, after = 0, None
    while factors := await store.page_factors(connection, after, _AT_ONCE):
        after = factors[-1].user_id
        for factor in factors:
            if not sealer.is_current(factor.sealed_secret):
                count += await _seal_anew(connection, sealer, factor)
    return count


async def _seal_anew(
    connection: AsyncConnection, sealer: Sealer, factor: store.StoredFactor
) -> int:
    try:
        secret = sealer.open(factor.user_id, factor.sealed_secret)
    except Unavailable as error:
        _log.error("second_factor_lost", user_id=str(factor.user_id), error=str(error))
        return 0
    await store.put_sealed(connection, factor.user_id, sealer.seal(factor.user_id, secret))
    return 1
