"""Drivers are extras: imported only when they are used, and missed in plain words."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONNECT = """
from pathlib import Path
import sys
{before}
from stagecraft.errors import StagecraftError
from stagecraft.runtime.database_url import parse
from stagecraft.runtime.sql_database import connect
{after}
try:
    connect(parse("DATABASE_URL", {url!r}), label="x", folder=Path("."))
except StagecraftError as error:
    print(error.exit_code, error.message, error.hint)
"""
DRIVERS = ("psycopg", "pymysql", "sqlite3")


def python(url: str, *, before: str = "", after: str = "") -> str:
    script = CONNECT.format(url=url, before=before, after=after)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("url", "driver", "expected"),
    [
        (
            "postgresql://u:hunter2@127.0.0.1:1/d",
            "psycopg",
            "3 the PostgreSQL driver is not installed pip install 'stagecraft-cli[postgres]'",
        ),
        (
            "mariadb://u:hunter2@127.0.0.1:1/d",
            "pymysql",
            "3 the MariaDB and MySQL driver is not installed pip install 'stagecraft-cli[mysql]'",
        ),
    ],
)
def test_a_driver_that_is_missing_is_named_with_what_installs_it(
    url: str, driver: str, expected: str
) -> None:
    assert expected == python(url, before=f"sys.modules[{driver!r}] = None")


def test_no_driver_is_imported_before_it_is_used() -> None:
    after = f"print([name for name in {DRIVERS!r} if name in sys.modules]); sys.exit()"
    assert "[]" == python("sqlite:///x", after=after)


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_nobody_listening_is_exit_code_3_without_where_or_who(scheme: str) -> None:
    said = python(f"{scheme}://someone:hunter2@127.0.0.1:1/thing")
    expected = "3 cannot connect to the database of `DATABASE_URL`"
    assert (expected, []) == (
        said[: len(expected)],
        [word for word in ("someone", "hunter2", "127.0.0.1", "thing") if word in said],
    )


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_an_unknown_option_is_exit_code_2_without_its_value(scheme: str) -> None:
    said = python(f"{scheme}://u:p@127.0.0.1:1/d?secret_option=hunter2")
    assert ("2 the value of `DATABASE_URL` has an option that", False) == (said[:48], "hunter2" in said)
