"""MariaDB and MySQL, through PyMySQL: written in Python, so that it installs everywhere."""

import hashlib
import math
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from stagecraft.errors import ConfigError, LockBusyError, UnavailableError
from stagecraft.runtime.database_url import DatabaseUrl, Dial

try:
    import pymysql
    from pymysql.constants import SERVER_STATUS
except ImportError:
    raise UnavailableError(
        "the MariaDB and MySQL driver is not installed", hint="pip install 'stagecraft-cli[mysql]'"
    ) from None

_OPTIONS = ("unix_socket", "ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "ssl_verify_identity")
_FLAGS = ("ssl_verify_cert", "ssl_verify_identity")
_KEPT = ("sql_mode", "time_zone", "foreign_key_checks", "unique_checks", "sql_notes", "autocommit")
"""What the files of `mysqldump` set."""


def connect(
    url: DatabaseUrl, *, label: str, dial: Dial | None, lock_timeout: float, read_only: bool
) -> "MySql":
    """Open a session. Raises UnavailableError, or ConfigError for an option that is not known."""
    database = MySql(url, _open(url, label, dial), lambda: _open(url, label, dial), lock_timeout)
    if read_only:
        database.query("SET SESSION TRANSACTION READ ONLY")
    return database


def _open(url: DatabaseUrl, label: str, dial: Dial | None) -> Any:
    connection = pymysql.connect(
        host=url.host or "localhost",
        port=url.port or 3306,
        user=url.user or None,
        password=url.password,
        database=url.database,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=10,
        program_name=label,
        defer_connect=True,
        **_options(url),
    )
    try:
        connection.connect(socket.create_connection((dial.host, dial.port), 10) if dial else None)
    except (pymysql.Error, OSError, RuntimeError) as error:  # RuntimeError: `cryptography` is missing
        reason = url.hide(str(error.args[-1]), names=True)
        raise UnavailableError(f"cannot connect to the database of `{url.secret}`: {reason}") from None
    return connection


def _options(url: DatabaseUrl) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for key, value in url.options.items():
        if key == "charset":
            continue  # files are UTF-8, and so is the session
        if key not in _OPTIONS:
            raise ConfigError(
                f"the value of `{url.secret}` has an option that is not known",
                hint=f"known: {', '.join(_OPTIONS)}",
            )
        given[key] = value.lower() in ("1", "true") if key in _FLAGS else value
    return given


class MySql:
    """One session."""

    transactional = False
    errors: tuple[type[Exception], ...] = (pymysql.Error, OSError)

    def __init__(self, url: DatabaseUrl, connection: Any, again: Any, lock_timeout: float) -> None:
        self.url = url
        self._connection = connection
        self._again = again
        self._lock_timeout = lock_timeout
        quoted = url.database.replace("`", "``")
        self._table = f"`{quoted}`.stagecraft_migrations"
        self._use = f"USE `{quoted}`"
        self._run("SET SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '')")
        self._kept = self._run(f"SELECT {', '.join(f'@@SESSION.{name}' for name in _KEPT)}")[0]
        self._limit_waits()

    def _run(self, statement: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run to the end of the last result: an error may come with any of them."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(statement, values)
            rows = list(cursor.fetchall()) if cursor.description else []
            while cursor.nextset():
                pass
            return rows

    def _limit_waits(self) -> None:
        seconds = math.ceil(self._lock_timeout)
        self._run(f"SET SESSION lock_wait_timeout = {seconds}, innodb_lock_wait_timeout = {seconds}")
        self._run("SET SESSION wait_timeout = 86400")  # the lock's session is idle while nothing is wrong

    @contextmanager
    def locked(self, wait: float) -> Iterator[None]:
        """Hold a named lock, freed with the session; names are the server's, so the database is in it."""
        name = "stagecraft:" + hashlib.sha256(self.url.database.encode()).hexdigest()[:32]
        if self._run("SELECT GET_LOCK(%s, %s)", (name, math.ceil(wait)))[0][0] != 1:
            holder = self._run("SELECT IS_USED_LOCK(%s)", (name,))[0][0]
            raise LockBusyError(
                f"another run is migrating the database of `{self.url.secret}`: server connection {holder}",
                hint="wait until it has ended; the server frees the lock of a dead one",
            )
        try:
            yield
        finally:
            with suppress(*self.errors):
                self._run("SELECT RELEASE_LOCK(%s)", (name,))

    def has_table(self) -> bool:
        """Return whether `stagecraft_migrations` is there."""
        where = "table_schema = %s AND table_name = 'stagecraft_migrations'"
        return bool(
            self._run(f"SELECT 1 FROM information_schema.tables WHERE {where}", (self.url.database,))  # noqa: S608
        )

    def make_table(self) -> None:
        """Make `stagecraft_migrations`; names are compared as they are written."""
        self.query(
            "CREATE TABLE {t} (name varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY,"
            " migration varchar(64) NOT NULL, checksum varchar(80) NOT NULL,"
            " `release` varchar(120) NOT NULL,"
            " status varchar(16) NOT NULL, duration double, applied_at datetime) ENGINE = InnoDB"
        )

    def begin(self) -> None:
        """Begin a transaction, which a change of the schema ends."""
        self._run("START TRANSACTION")

    def commit(self) -> None:
        """End the transaction."""
        self._run("COMMIT")

    def rollback(self) -> None:
        """Give up what was not committed."""
        with suppress(*self.errors):
            self._run("ROLLBACK")

    def in_transaction(self) -> bool:
        """Return whether a transaction is open."""
        return bool(self._connection.server_status & SERVER_STATUS.SERVER_STATUS_IN_TRANS)

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement of ours."""
        sql = sql.replace('"', "`").replace("?", "%s").replace("{t}", self._table.replace("%", "%%"))
        return self._run(sql, tuple(values))

    def moment(self, when: datetime) -> datetime:
        """Return the time in UTC without saying so: `datetime` keeps no zone."""
        return when.astimezone(UTC).replace(tzinfo=None)

    def execute(self, statement: str) -> None:
        """Run a statement of the user's."""
        self._run(statement)

    def restore(self) -> None:
        """Undo what the file has set."""
        self._run(self._use)
        self._run("SET NAMES utf8mb4")
        self._run(f"SET {', '.join(f'SESSION {name} = %s' for name in _KEPT)}", self._kept)
        self._limit_waits()

    def explain(self, error: Exception) -> str:
        """Return the server's own sentence and its number."""
        number, *words = error.args or ("",)
        return self.url.hide(f"{words[-1]} ({number})" if words else str(number))

    def offset(self, error: Exception) -> int:  # noqa: ARG002 - it does not say
        """Return 0: the server does not say."""
        return 0

    def alive(self) -> bool:
        """Return whether the connection is there."""
        return bool(self._connection.open)

    def cancel(self) -> None:
        """End the statement, from a session of its own."""
        with suppress(UnavailableError, *self.errors), closing(self._again()) as other:
            cursor = other.cursor()
            cursor.execute("KILL QUERY %s", (self._connection.thread_id(),))

    def close(self) -> None:
        """End the session."""
        with suppress(*self.errors):
            self._connection.close()
