"""Structured logs on standard error: for people on a terminal, JSON lines for machines.

No password of a URL stands in them, nor in a traceback that ends the process.
"""

import logging
import sys
import traceback
from types import TracebackType
from typing import TextIO

import structlog

from milepost.errors import InvalidInput, masked


def configure_logs(level: str, log_format: str) -> None:
    """Set up structlog and the standard library's logging once, for this process.

    Raises:
        InvalidInput: there is no such level.
    """
    levels = logging.getLevelNamesMapping()
    number = levels.get(level.upper())
    if number is None:
        known = ", ".join(sorted(each.lower() for each in levels))
        raise InvalidInput("MILEPOST_LOG_LEVEL", level, f"one of {known}")
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
            _mask,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _Lines(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_MaskingFormatter(logging.BASIC_FORMAT))
    logging.basicConfig(level=max(logging.WARNING, number), handlers=[handler])
    sys.excepthook = _tell_masked


class _Lines:
    """Writes a line for each event; structlog calls the method that is named after the level.

    Standard error may be a file on a full disk, or a pipe that nobody reads any more. A line that
    is lost costs nothing else: whoever logs is in the middle of something, and goes on with it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Write the line, if that can be done."""
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: it has been closed
            return

    debug = info = warning = error = critical = fatal = exception = log = warn = err = failure = msg


class _MaskingFormatter(logging.Formatter):
    """What libraries log, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """The line without secrets."""
        return masked(super().format(record))


def _mask(_logger: object, _name: str, event: object) -> structlog.typing.ProcessorReturnValue:
    return masked(str(event))


def _tell_masked(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    print(masked("".join(traceback.format_exception(kind, error, trace))), file=sys.stderr)
