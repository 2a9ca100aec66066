"""PostgreSQL, through psycopg 3."""

import hashlib
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from stagecraft.errors import ConfigError, LockBusyError, UnavailableError
from stagecraft.runtime.database_url import DatabaseUrl, Dial

try:
    import psycopg
    from psycopg import pq, sql
except ImportError:
    raise UnavailableError(
        "the PostgreSQL driver is not installed", hint="pip install 'stagecraft-cli[postgres]'"
    ) from None

KEY = int.from_bytes(hashlib.sha256(b"stagecraft_migrations").digest()[:8], signed=True)
"""Of the advisory lock: one a database."""
_NOTICES_DEATH = 140000
"""From this version on a server can look during a statement whether its client is still there."""
_NOTICE = "SET client_connection_check_interval = 2000"


def connect(
    url: DatabaseUrl, *, label: str, dial: Dial | None, lock_timeout: float, read_only: bool
) -> "Postgres":
    """Open a session. Raises UnavailableError, or ConfigError for an option that libpq does not know."""
    try:
        connection = psycopg.connect(
            "",
            autocommit=True,
            prepare_threshold=None,
            **_parameters(url, label, dial),
        )
    except psycopg.ProgrammingError:
        raise ConfigError(
            f"the value of `{url.secret}` has an option that PostgreSQL does not know"
        ) from None
    except psycopg.Error as error:
        reason = " ".join(url.hide(str(error), names=True).split())
        raise UnavailableError(f"cannot connect to the database of `{url.secret}`: {reason}") from None
    if read_only:
        connection.execute("SET default_transaction_read_only = on")
    return Postgres(url, connection, lock_timeout)


def _parameters(url: DatabaseUrl, label: str, dial: Dial | None) -> dict[str, Any]:
    given: dict[str, Any] = {
        "connect_timeout": 10,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "passfile": os.devnull,
        **url.options,
        "application_name": label,
        "dbname": url.database,
    }
    place = {"host": url.host, "port": url.port, "user": url.user, "password": url.password}
    given |= {key: value for key, value in place.items() if value}
    if dial is not None:
        given |= {"hostaddr": dial.host, "port": dial.port}
    return given


class Postgres:
    """One session."""

    transactional = True
    errors: tuple[type[Exception], ...] = (psycopg.Error,)

    def __init__(self, url: DatabaseUrl, connection: "psycopg.Connection[Any]", lock_timeout: float) -> None:
        self.url = url
        self._connection = connection
        self._lock_timeout = lock_timeout
        self._notices_death = connection.info.server_version >= _NOTICES_DEATH and self._try_noticing()
        self._settle_in()
        found = connection.execute("SELECT coalesce(current_schema(), 'public')").fetchone()
        schema = str(found[0]) if found else "public"
        self._table = sql.Identifier(schema, "stagecraft_migrations").as_string(connection)

    def _settle_in(self) -> None:
        """Set what the session needs: strings as the files are cut by, and no long waits for locks."""
        milliseconds = math.ceil(self._lock_timeout * 1000)
        self._connection.execute("SET standard_conforming_strings = on")
        self._connection.execute(f"SET lock_timeout = {milliseconds}".encode())
        if self._notices_death:
            self._connection.execute(_NOTICE)

    def _try_noticing(self) -> bool:
        """Return whether the server's system can tell during a statement that a client is gone."""
        try:
            self._connection.execute(_NOTICE)
        except psycopg.Error:
            return False
        return True

    @contextmanager
    def locked(self, wait: float) -> Iterator[None]:
        """Hold the advisory lock; the server frees it with the session."""
        try:
            self._connection.execute(f"SET lock_timeout = {math.ceil(wait * 1000)}".encode())
            self._connection.execute("SELECT pg_advisory_lock(%s)", [KEY])
        except psycopg.errors.LockNotAvailable:
            raise LockBusyError(
                f"another run is migrating the database of `{self.url.secret}`{self._holder()}",
                hint="wait until it has ended; the server frees the lock of a dead one",
            ) from None
        self._settle_in()
        try:
            yield
        finally:
            with suppress(psycopg.Error):
                self._connection.execute("SELECT pg_advisory_unlock(%s)", [KEY])

    def _holder(self) -> str:
        found = self._connection.execute(
            "SELECT a.application_name, a.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
            " AND (l.classid::bigint << 32 | l.objid::bigint) = %s"
            " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [KEY],
        ).fetchone()
        return f": `{found[0]}`, server process {found[1]}" if found else ""

    def has_table(self) -> bool:
        """Return whether `stagecraft_migrations` is there."""
        found = self._connection.execute("SELECT to_regclass(%s) IS NOT NULL", [self._table]).fetchone()
        return bool(found and found[0])

    def make_table(self) -> None:
        """Make `stagecraft_migrations`."""
        self.query(
            "CREATE TABLE {t} (name text PRIMARY KEY, migration text NOT NULL, checksum text NOT NULL,"
            " release text NOT NULL, status text NOT NULL, duration double precision, applied_at timestamptz)"
        )

    def begin(self) -> None:
        """Begin a transaction."""
        self._connection.execute("BEGIN")

    def commit(self) -> None:
        """End the transaction."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Give up the transaction, if there is one."""
        with suppress(psycopg.Error):
            if self.in_transaction():
                self._connection.execute("ROLLBACK")

    def in_transaction(self) -> bool:
        """Return whether a transaction is open."""
        return self._connection.info.transaction_status != pq.TransactionStatus.IDLE

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement of ours."""
        statement = sql.replace("{t}", self._table.replace("%", "%%")).replace("?", "%s").encode()
        cursor = self._connection.execute(statement, list(values))
        return cursor.fetchall() if cursor.description else []

    def moment(self, when: datetime) -> datetime:
        """Return the time itself."""
        return when

    def execute(self, statement: str) -> None:
        """Run a statement of the user's by the simple protocol, `%` and all."""
        self._connection.execute(statement.encode())

    def restore(self) -> None:
        """Undo what the file has set; its advisory locks and ours stay."""
        self._connection.execute("RESET SESSION AUTHORIZATION")
        self._connection.execute("RESET ROLE")
        self._connection.execute("RESET ALL")
        self._settle_in()

    def explain(self, error: Exception) -> str:
        """Return the server's own sentence and its SQLSTATE."""
        if isinstance(error, psycopg.Error) and error.diag.message_primary:
            return self.url.hide(f"{error.diag.message_primary} ({error.sqlstate})")
        return self.url.hide(" ".join(str(error).split()), names=True)

    def offset(self, error: Exception) -> int:
        """Return what the server says, if it does."""
        position = error.diag.statement_position if isinstance(error, psycopg.Error) else None
        return int(position) - 1 if position else 0

    def alive(self) -> bool:
        """Return whether the connection is there."""
        return not self._connection.closed and not self._connection.broken

    def cancel(self) -> None:
        """Ask the server to end the statement."""
        with suppress(Exception):
            self._connection.cancel_safe(timeout=5)

    def close(self) -> None:
        """End the session."""
        with suppress(psycopg.Error):
            self._connection.close()
