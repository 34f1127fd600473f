"""Logs and tracebacks go to many eyes."""

import subprocess
import sys
from pathlib import Path

import pytest

URL = "postgresql+asyncpg://me:hunter2@host/db"
PROGRAM = """
import logging, structlog, sys
from milepost.cli.logs import configure_logs
configure_logs("info", sys.argv[1])
try:
    raise RuntimeError("cannot reach {url}")
except RuntimeError as error:
    structlog.get_logger().error("engine.failed", url="{url}", exc_info=True)
    logging.getLogger("library").exception("it failed with {url}")
    raise ValueError("and ended with {url}") from error
"""


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_log_and_no_traceback_has_a_password(log_format: str) -> None:
    program = [sys.executable, "-c", PROGRAM.replace("{url}", URL), log_format]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for said in ("engine.failed", "it failed with", "and ended with", "Traceback"):
        assert said in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert done.stderr.count("postgresql+asyncpg://***@host/db") >= 4


FULL_DISK = """
import structlog
from milepost.cli.logs import configure_logs
configure_logs("info", "json")
for number in range(2000):
    structlog.get_logger().error("positions.not_stored", number=number)
print("goes on")
"""


def test_a_line_that_cannot_be_written_costs_nothing_else() -> None:
    with Path("/dev/full").open("w") as full:
        program = [sys.executable, "-c", FULL_DISK]
        done = subprocess.run(program, stdout=subprocess.PIPE, stderr=full, text=True, check=False)
    assert done.stdout == "goes on\n"
