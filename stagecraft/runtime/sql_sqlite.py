"""SQLite, through the standard library; never `executescript`, which commits."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from stagecraft.errors import LockBusyError, UnavailableError
from stagecraft.runtime.database_url import DatabaseUrl


def connect(url: DatabaseUrl, *, folder: Path, lock_timeout: float, read_only: bool) -> "Sqlite":
    """Open the file; it is made if it is not there, unless `read_only`. Raises UnavailableError."""
    path = folder / url.database
    address = quote(str(path))
    if read_only:
        return Sqlite(url, f"file:{address}?mode=ro" if path.exists() else "file::memory:", lock_timeout)
    return Sqlite(url, f"file:{address}", lock_timeout)


class Sqlite:
    """One session; a fresh one for each file, so that a file's PRAGMAs end with it."""

    transactional = True
    errors: tuple[type[Exception], ...] = (sqlite3.Error, sqlite3.Warning)

    def __init__(self, url: DatabaseUrl, address: str, lock_timeout: float) -> None:
        self.url = url
        self._address = address
        self._lock_timeout = lock_timeout
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self._address,
                uri=True,
                isolation_level=None,
                timeout=self._lock_timeout,
                check_same_thread=False,
            )
            connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except sqlite3.Error as error:
            self._refuse_busy(error)
            reason = self.url.hide(str(error), names=True)
            raise UnavailableError(f"cannot open the database of `{self.url.secret}`: {reason}") from None
        return connection

    def _refuse_busy(self, error: sqlite3.Error) -> None:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            raise LockBusyError(
                f"somebody else is writing to the database of `{self.url.secret}`",
                hint="wait until it has ended",
            ) from None

    @contextmanager
    def locked(self, wait: float) -> Iterator[None]:  # noqa: ARG002 - each transaction waits as long
        """Do nothing: each transaction takes the file's only write lock, and looks at its row again."""
        yield

    def has_table(self) -> bool:
        """Return whether `stagecraft_migrations` is there."""
        found = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'stagecraft_migrations'"
        return bool(self._connection.execute(found).fetchall())

    def make_table(self) -> None:
        """Make `stagecraft_migrations`, unless another run just did."""
        self.query(
            "CREATE TABLE IF NOT EXISTS {t} (name TEXT PRIMARY KEY, migration TEXT NOT NULL,"
            " checksum TEXT NOT NULL, release TEXT NOT NULL, status TEXT NOT NULL, duration REAL,"
            " applied_at TEXT)"
        )

    def begin(self) -> None:
        """Begin a transaction with the write lock, in a session that no file has changed."""
        self._connection.close()
        self._connection = self._open()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._refuse_busy(error)
            raise

    def commit(self) -> None:
        """End the transaction."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Give up the transaction, if there is one."""
        with suppress(*self.errors):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def in_transaction(self) -> bool:
        """Return whether a transaction is open."""
        return self._connection.in_transaction

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement of ours."""
        return self._connection.execute(sql.replace("{t}", "main.stagecraft_migrations"), values).fetchall()

    def moment(self, when: datetime) -> str:
        """Return the time as RFC 3339 writes it."""
        return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def execute(self, statement: str) -> None:
        """Run a statement of the user's."""
        self._connection.execute(statement).fetchall()

    def restore(self) -> None:
        """Do nothing: each transaction begins in a session of its own."""

    def explain(self, error: Exception) -> str:
        """Return SQLite's own sentence and the name of its code."""
        name = getattr(error, "sqlite_errorname", "")
        return self.url.hide(f"{error} ({name})" if name else str(error))

    def offset(self, error: Exception) -> int:  # noqa: ARG002 - Python does not pass it on
        """Return 0: Python does not tell."""
        return 0

    def alive(self) -> bool:
        """Return True: there is no server to lose."""
        return True

    def cancel(self) -> None:
        """Interrupt the statement."""
        with suppress(*self.errors):
            self._connection.interrupt()

    def close(self) -> None:
        """End the session."""
        with suppress(*self.errors):
            self._connection.close()
