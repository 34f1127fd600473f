"""Engines whose errors tell no values: logs and tracebacks are read by many."""

import re
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from milepost.errors import InvalidInput, NotShown

# Source: asyncpg, protocol/prepared_stmt.pyx: "invalid input for query argument $1: VALUE (why)".
_ARGUMENT = re.compile(r"(invalid input for query argument \$\d+:).*", re.DOTALL)
# PostgreSQL's detail has the row or the key: "Failing row contains (…)".
_DETAIL = re.compile(r"\n(?:\[SQL|DETAIL: ).*", re.DOTALL)


def parse_url(text: str) -> URL:
    """The parts of a connection URL.

    Raises:
        InvalidInput: it is none of PostgreSQL, or names another driver.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # they repeat parts of the URL
        url = None
    if url is None or url.drivername != "postgresql+asyncpg":
        allowed = "postgresql+asyncpg://user:password@host:port/database"
        raise InvalidInput("MILEPOST_DATABASE_URL", NotShown(), allowed)
    return url


def open_engine(url: str | URL, **options: Any) -> AsyncEngine:
    """An engine of SQLAlchemy; parameters and rows stand in none of its errors.

    Raises:
        InvalidInput: the URL is none of PostgreSQL.
    """
    parsed = parse_url(url) if isinstance(url, str) else url
    engine = create_async_engine(parsed, hide_parameters=True, **options)
    event.listen(engine.sync_engine, "handle_error", _hide_values)
    return engine


def without_values(text: str) -> str:
    """What a driver or a server said, without the values of the row or the argument."""
    return _ARGUMENT.sub(r"\1 a value that is not shown", _DETAIL.sub("", text))


def _hide_values(context: ExceptionContext) -> None:
    driver: Any = context.original_exception.__cause__
    for error in (context.sqlalchemy_exception, context.original_exception, driver):
        if error is not None and error.args:
            error.args = (without_values(str(error.args[0])), *error.args[1:])
    if getattr(driver, "detail", None):
        driver.detail = None
