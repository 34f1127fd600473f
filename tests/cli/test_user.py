"""`milepost user add` against the embedded PostgreSQL of a data folder."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from milepost.stores.data_folder import DataFolder
from milepost.stores.postgres.database import Database

PASSWORD = "a good password"


def add(data: Path, *flags: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    return user("add", data, "--password-stdin", *flags, typed=password + "\n")


def user(action: str, data: Path, *flags: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "milepost.cli.main", "user", action, "--data", str(data)]
    return subprocess.run(
        [*command, *flags],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def account(email: str, role: str = "admin") -> tuple[str, ...]:
    return ("--email", email, "--name", "Some One", "--role", role)


@pytest.fixture(scope="module")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("user") / "data"


def test_the_first_account_makes_a_tenant_and_the_next_joins_it(own_folder: Path) -> None:
    first = add(own_folder, *account("Ann@Example.com"))
    assert first.stdout == "ann@example.com may sign in to My fleet (my-fleet) as admin\n"
    second = add(own_folder, *account("bob@example.com", "viewer"))
    assert second.stdout == "bob@example.com may sign in to My fleet (my-fleet) as viewer\n"


def test_refuses_a_taken_address_a_short_password_and_an_unknown_tenant(own_folder: Path) -> None:
    add(own_folder, *account("carol@example.com"))
    taken = add(own_folder, *account("carol@example.com"))
    assert taken.returncode == 2
    assert "cannot be used for a new account" in taken.stderr
    short = add(own_folder, *account("dan@example.com"), password="short")
    assert short.returncode == 2
    assert "`password` must have 8 to 200 characters (got 5)" in short.stderr
    known = add(own_folder, *account("dan@example.com"), password="iloveyou")
    assert known.returncode == 2
    assert "known passwords" in known.stderr
    assert "iloveyou" not in known.stderr
    unknown = add(own_folder, *account("dan@example.com"), "--tenant", "nowhere")
    assert unknown.returncode == 2
    assert "there is no tenant nowhere" in unknown.stderr


def test_a_code_for_a_new_password_is_made_for_an_account_that_is_there(own_folder: Path) -> None:
    add(own_folder, *account("fay@example.com"))
    made = user("reset-password", own_folder, "--email", "Fay@example.com")
    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"([0-9A-Z]{6}-){3}[0-9A-Z]{6}", made.stdout.splitlines()[0])
    nobody = user("reset-password", own_folder, "--email", "nobody@example.com")
    assert nobody.returncode == 2
    assert "there is no account nobody@example.com" in nobody.stderr


def test_a_second_factor_that_is_not_there_cannot_be_lost(own_folder: Path) -> None:
    add(own_folder, *account("gus@example.com"))
    lost = user("reset-second-factor", own_folder, "--email", "gus@example.com")
    assert lost.returncode == 2
    assert "there is no second factor" in lost.stderr


async def test_works_while_a_server_owns_the_folder(
    database: Database, data_folder: DataFolder
) -> None:
    added = add(data_folder.path, *account("eve@example.com"), "--new-tenant", "Eve's fleet")
    assert added.stdout == "eve@example.com may sign in to Eve's fleet (eve-s-fleet) as admin\n"
