"""The URL of a database: taken apart, and kept out of everything that is written or printed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from stagecraft.errors import ConfigError
from stagecraft.model.sql import Dialect
from stagecraft.runtime.redact import Redactor

_SCHEMES = {
    "postgresql": Dialect.POSTGRES,
    "postgres": Dialect.POSTGRES,
    "mysql": Dialect.MYSQL,
    "mariadb": Dialect.MYSQL,
    "sqlite": Dialect.SQLITE,
}
_FORMS = "`postgresql://`, `mysql://`, `mariadb://` or `sqlite:///`"


@dataclass(frozen=True)
class Dial:
    """Where to connect instead of the URL's host, which still names the server for TLS."""

    host: str
    """An IP address."""
    port: int


@dataclass(frozen=True)
class DatabaseUrl:
    """A database's URL. Its repr shows the name of the secret and nothing else."""

    secret: str
    """Name of the secret it is the value of."""
    dialect: Dialect = field(repr=False)
    host: str = field(repr=False)
    port: int | None = field(repr=False)
    user: str = field(repr=False)
    password: str = field(repr=False)
    database: str = field(repr=False)
    """Name of the database; for SQLite the path of its file."""
    options: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)

    def hide(self, message: str, *, names: bool = False) -> str:
        """Return a driver's message without URL and password; with `names`, without host and user too."""
        redactor = Redactor({self.secret: self.text})
        redactor.add({self.secret: self.password})
        message = redactor.redact(message)
        parts = [self.password, *([self.host, self.user, self.database] if names else [])]
        for part in sorted({part for part in parts if part}, key=len, reverse=True):
            message = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", f"***{self.secret}***", message)
        return message


def parse(secret: str, text: str) -> DatabaseUrl:
    """Take the value of a secret apart. Raises ConfigError that does not quote it."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise _unusable(secret, "is not a URL") from None
    dialect = _SCHEMES.get(parts.scheme.partition("+")[0])  # `postgresql+psycopg` is SQLAlchemy's way
    if dialect is None:
        raise _unusable(secret, "is not the URL of a database that is known")
    name = unquote(parts.path.removeprefix("/"))
    if not name or (dialect is Dialect.SQLITE and (parts.netloc or name == ":memory:")):
        what = "file on disk" if dialect is Dialect.SQLITE else "database"
        raise _unusable(secret, f"names no {what}")
    return DatabaseUrl(
        secret=secret,
        dialect=dialect,
        host=parts.hostname or "",
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=name,
        options=options,
        text=text.strip(),
    )


def _unusable(secret: str, why: str) -> ConfigError:
    return ConfigError(f"the value of `{secret}` {why}", hint=f"it begins with {_FORMS}")
