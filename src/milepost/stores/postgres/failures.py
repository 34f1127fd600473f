"""Tells a PostgreSQL that is gone, full or overloaded from a query that was wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from milepost.errors import InvalidInput, Unavailable
from milepost.stores.postgres.engine import without_values

# SQLSTATE classes: 08 connection, 53 resources (53100 is a full disk), 57 operator intervention
# (57P01 shutdown, 57P03 starting up), 58 system error, XX internal error.
_UNAVAILABLE_CLASSES = ("08", "53", "57", "58", "XX")


@contextmanager
def reporting_unavailable() -> Iterator[None]:
    """Turns what means that PostgreSQL cannot serve now into `Unavailable`; lets the rest pass.

    Raises:
        Unavailable: with what PostgreSQL or the operating system said.
    """
    try:
        yield
    except DBAPIError as error:
        if not _means_unavailable(error):
            raise
        raise Unavailable("PostgreSQL", str(error.orig or error)) from error
    except asyncpg.PostgresError as error:  # of a connection that SQLAlchemy has not made yet
        raise Unavailable("PostgreSQL", without_values(str(error))) from error
    except PoolTimeoutError as error:
        raise Unavailable("PostgreSQL", "all connections are busy") from error
    except OSError as error:
        raise Unavailable("PostgreSQL", str(error)) from error


@contextmanager
def refusing_bad_values() -> Iterator[None]:
    """Turns what PostgreSQL says of a value that it cannot hold into `InvalidInput`.

    The last net: the edge checks what comes in, and names the field. SQLSTATE class 22 is "data
    exception"; the driver's own checks of parameters have it, too.

    Raises:
        InvalidInput: without the value.
    """
    try:
        yield
    except DBAPIError as error:
        said = error.orig
        if said is None or not str(getattr(said, "sqlstate", None)).startswith("22"):
            raise
        came = type(said.__cause__).__name__
        raise InvalidInput("request", came, "values that the database can hold") from error


def _means_unavailable(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or bool(state and state[:2] in _UNAVAILABLE_CLASSES)
