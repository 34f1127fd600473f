"""What an operator is told about a wrong setting: which one, and nobody's password."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from milepost.cli.main import EXIT_REFUSED, EXIT_UNAVAILABLE
from milepost.errors import InvalidInput, Unavailable, masked
from milepost.settings import load_settings

SECRET = "hunter2"
URLS = {
    "MILEPOST_DATABASE_URL": f"postgresql+asyncpg://milepost:{SECRET}@localhost:1/milepost",
    "MILEPOST_CLICKHOUSE_URL": f"http://milepost:{SECRET}@localhost:1/milepost",
    "MILEPOST_MQTT_URL": f"mqtt://milepost:{SECRET}@localhost:1",
    "MILEPOST_LOG_URL": f"nats://milepost:{SECRET}@localhost:1",
}


def up(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MILEPOST_")}
    program = [sys.executable, "-m", "milepost.cli.main", "up", "--data", tmp_path / "data"]
    return subprocess.run(
        program,
        capture_output=True,
        text=True,
        check=False,
        env=environment | settings,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("MILEPOST_PORT", "80a", "a whole number"),
        ("MILEPOST_PORT_OFFSET", "1.5", "a whole number"),
        ("MILEPOST_FLUSH_INTERVAL_S", "soon", "a number"),
    ],
)
def test_only_the_wrong_setting_is_shown(name: str, value: str, allowed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        load_settings(URLS | {name: value})
    assert str(refused.value) == f"{name}: {value!r} came, allowed is {allowed}"
    assert refused.value.__cause__ is None and refused.value.__suppress_context__


def test_an_unknown_setting_is_named_and_its_value_is_not() -> None:
    with pytest.raises(InvalidInput) as refused:
        load_settings({"MILEPOST_DATABASE_ULR": URLS["MILEPOST_DATABASE_URL"]})
    assert "MILEPOST_DATABASE_ULR" in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MILEPOST_PORT", "80a"),
        ("MILEPOST_LOG_LEVEL", "loud"),
        ("MILEPOST_MQTT_URL", f"http://milepost:{SECRET}@localhost:1883"),
        ("MILEPOST_MQTT_URL", f"mqtt://milepost:1{SECRET}/x@localhost:1883"),
        ("MILEPOST_MQTT_URL", f"milepost:{SECRET}@localhost"),
        ("MILEPOST_DATABASE_URL", f"milepost:{SECRET}@localhost"),
        ("MILEPOST_DATABASE_URL", f"mysql://milepost:{SECRET}@localhost/milepost"),
        ("MILEPOST_DATABASE_URL", f"postgresql+asyncpg://milepost@{SECRET}@localhost:x/milepost"),
        ("MILEPOST_DATABASE_URL", f"postgresql+asyncpg://milepost:{SECRET}@localhost:1/milepost"),
        ("MILEPOST_LOG_URL", f"nats://milepost:1{SECRET}/x@localhost:4222"),
        ("MILEPOST_LOG_URL", f"http://milepost:{SECRET}@localhost:4222"),
        ("MILEPOST_CLICKHOUSE_URL", f"http://milepost:{SECRET}/@localhost:8123"),
        ("MILEPOST_CLICKHOUSE_URL", f"http://milepost:{SECRET}@localhost:{SECRET}"),
        ("MILEPOST_CLICKHOUSE_URL", f"http://milepost:{SECRET}@localhost:1/milepost"),
    ],
)
def test_a_refusal_shows_no_password(tmp_path: Path, name: str, value: str) -> None:
    usable = {"MILEPOST_MQTT_URL": URLS["MILEPOST_MQTT_URL"]} if "MQTT" not in name else {}
    done = up(tmp_path, **usable, **{name: value})
    said = done.stdout + done.stderr
    assert done.returncode in (EXIT_REFUSED, EXIT_UNAVAILABLE), said
    assert SECRET not in said
    assert "Traceback" not in said


def test_passwords_of_urls_are_masked_in_any_message() -> None:
    for text, hidden in (
        (f"cannot reach http://me:{SECRET}@host:8123/db?x=1", "http://***@host:8123/db?x=1"),
        (f"'mqtt://me:p@{SECRET}/w@host'", "'mqtt://***@host'"),
        (f"http://host:8123/?user=me&password={SECRET}&a=1", "password=***&a=1"),
    ):
        assert SECRET not in masked(text) and hidden in masked(text)
        assert SECRET not in str(Unavailable("ClickHouse", text))
        assert SECRET not in str(InvalidInput("field", text, "another"))
    assert (
        masked("ask me@example.com, see http://host/a") == "ask me@example.com, see http://host/a"
    )
