"""What a run of SQL files needs from a database, and how the right driver is found."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from stagecraft.model.sql import Dialect
from stagecraft.runtime.database_url import DatabaseUrl, Dial


class Database(Protocol):
    """One session. All calls from one thread, except `cancel`."""

    url: DatabaseUrl
    transactional: bool
    """Whether changes of the schema can be rolled back."""
    errors: tuple[type[Exception], ...]
    """What its driver raises."""

    def locked(self, wait: float) -> AbstractContextManager[None]:
        """Keep other runs out, waiting up to `wait` seconds. Raises LockBusyError."""
        ...

    def has_table(self) -> bool:
        """Return whether `stagecraft_migrations` is there."""
        ...

    def make_table(self) -> None:
        """Make `stagecraft_migrations`."""
        ...

    def begin(self) -> None:
        """Begin a transaction. Raises LockBusyError if it needs a lock that is not free."""
        ...

    def commit(self) -> None:
        """End the transaction. Not to be called again if it fails."""
        ...

    def rollback(self) -> None:
        """Give up the transaction, if there is one; never raises."""
        ...

    def in_transaction(self) -> bool:
        """Return whether a transaction is open, whoever began it."""
        ...

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement of ours: `{t}` is the table, `?` a value."""
        ...

    def moment(self, when: datetime) -> Any:
        """Return a time, UTC, as the table keeps it."""
        ...

    def execute(self, statement: str) -> None:
        """Run a statement of the user's, to the end of its last result."""
        ...

    def restore(self) -> None:
        """Bring the session back to how it was when it was opened."""
        ...

    def explain(self, error: Exception) -> str:
        """Return what the server said, without anything of the URL."""
        ...

    def offset(self, error: Exception) -> int:
        """Return where in the statement the server saw the error: characters from 0; 0 if unknown."""
        ...

    def alive(self) -> bool:
        """Return whether the session still is there; False: what became of its last statement is unknown."""
        ...

    def cancel(self) -> None:
        """End the running statement, if there is one; from any thread, never raises."""
        ...

    def close(self) -> None:
        """End the session; never raises."""
        ...


def connect(
    url: DatabaseUrl,
    *,
    label: str,
    folder: Path,
    dial: Dial | None = None,
    lock_timeout: float = 30,
    read_only: bool = False,
) -> Database:
    """Open a session; `label` names it in the server, `folder` is what a SQLite path is relative to.

    `lock_timeout`: seconds to wait for locks inside a statement. `read_only`: the database itself refuses to
    change anything; a SQLite file that is not there is empty then, and is not made.

    Raises UnavailableError: no driver or no connection; ConfigError: an unknown option in the URL.
    """
    match url.dialect:
        case Dialect.POSTGRES:
            from stagecraft.runtime import sql_postgres  # noqa: PLC0415 - the driver only if it is used

            return sql_postgres.connect(
                url, label=label, dial=dial, lock_timeout=lock_timeout, read_only=read_only
            )
        case Dialect.MYSQL:
            from stagecraft.runtime import sql_mysql  # noqa: PLC0415

            return sql_mysql.connect(
                url, label=label, dial=dial, lock_timeout=lock_timeout, read_only=read_only
            )
        case Dialect.SQLITE:
            from stagecraft.runtime import sql_sqlite  # noqa: PLC0415

            return sql_sqlite.connect(url, folder=folder, lock_timeout=lock_timeout, read_only=read_only)
