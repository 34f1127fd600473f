"""Schemathesis reads the schema, sends what it allows and what it does not, and checks answers."""

import asyncio
import sys
from pathlib import Path

from tests.api.platform import Caller

# Left out: positive_data_acceptance, because the schema cannot say that `to` must not be before
# `from`, that a cursor must come from an earlier page, or that an e-mail address is taken.
LEFT_OUT = "positive_data_acceptance"


async def test_answers_conform_to_the_schema_whatever_is_sent(
    admin: Caller, base_url: str, tmp_path: Path
) -> None:
    key = await admin.make("/api-keys", {"name": "schemathesis", "role": "admin"})
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{base_url}/schema/openapi.json"),
        *("--header", f"Authorization: Bearer {key['key']}"),
        *("--mode", "all", "--phases", "coverage,fuzzing", "--max-examples", "8"),
        *("--exclude-checks", LEFT_OUT, "--seed", "1", "--request-timeout", "30"),
        *("--generation-database", "none", "--no-color", "--workers", "1"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
