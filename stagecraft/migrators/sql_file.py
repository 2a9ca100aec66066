"""What one .sql file says: checksum, directives, statements, and its other half (spec/migrations.md)."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from stagecraft.errors import ConfigError
from stagecraft.migrators.statements import split
from stagecraft.model.migration import Change
from stagecraft.model.sql import Dialect, Statement

UP, DOWN = ".sql", ".down.sql"
COMPATIBLE, NO_TRANSACTION = "compatible", "no-transaction"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,190}")
_DIRECTIVE = re.compile(r"[ \t]*--[ \t]*stagecraft:(.*)")
_ENDS_TRANSACTION = re.compile(
    r"(?:BEGIN|COMMIT|END|ABORT|START\s+TRANSACTION|PREPARE\s+TRANSACTION)\b"
    r"|ROLLBACK\b(?!\s+(?:(?:WORK|TRANSACTION)\s+)?TO\b)",
    re.IGNORECASE,
)
_READS_STDIN = re.compile(r"COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class SqlText:
    """One file, read: `text` without byte order mark, lines ending in one line feed."""

    name: str
    text: str
    checksum: str
    directives: frozenset[str]

    @property
    def transaction(self) -> bool:
        """Whether it wants to run in one transaction with its row."""
        return NO_TRANSACTION not in self.directives


@dataclass(frozen=True)
class SqlFile:
    """A file and what undoes it."""

    up: SqlText
    down: SqlText | None = None

    @property
    def name(self) -> str:
        """Return the name in the table and in messages."""
        return self.up.name

    def change(self) -> Change:
        """Return what plans and records say of it."""
        return Change(
            name=self.name,
            checksum=self.up.checksum,
            undo=self.down.checksum if self.down else "",
            compatible=COMPATIBLE in self.up.directives,
            reversible=self.down is not None,
        )


def normal(text: str) -> str:
    """Return a text as it counts: byte order mark and line endings are the checkout's, not the author's."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def read(name: str, text: str) -> SqlText:
    """Return what a file says. Raises ConfigError with its line for a directive that would not count."""
    text = normal(text)
    checksum = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return SqlText(name, text, checksum, _directives(name, text))


def pair(texts: Iterable[SqlText]) -> tuple[SqlFile, ...]:
    """Return the files in name order, each with what undoes it. Raises ConfigError: a name, an undo alone."""
    by_name = {text.name: text for text in texts}
    for name in by_name:
        if not _NAME.fullmatch(name):
            raise ConfigError(f"`{name}` cannot be an SQL file's name", hint="letters, digits, `_`, `-`, `.`")
        if name.endswith(DOWN) and name.removesuffix(DOWN) + UP not in by_name:
            raise ConfigError(
                f"`{name}` undoes nothing: there is no `{name.removesuffix(DOWN)}{UP}`",
                hint="rename it, or bring the other file back",
            )
    ups = sorted(name for name in by_name if not name.endswith(DOWN))
    return tuple(SqlFile(by_name[name], by_name.get(name.removesuffix(UP) + DOWN)) for name in ups)


def statements(text: SqlText, dialect: Dialect) -> tuple[Statement, ...]:
    """Return the statements of a file. Raises ConfigError for one that would break the file's promise."""
    found = split(text.text, dialect, text.name)
    for statement in found:
        _check(statement, text, dialect)
    return found


def _check(statement: Statement, text: SqlText, dialect: Dialect) -> None:
    place = f"{text.name}:{statement.line}"
    if dialect is Dialect.POSTGRES and _READS_STDIN.match(statement.text):
        raise ConfigError("`COPY … FROM STDIN` has no standard input here", place=place, hint="use `INSERT`")
    if text.transaction and dialect is not Dialect.MYSQL and _ENDS_TRANSACTION.match(statement.text):
        raise ConfigError(
            f"`{statement.beginning}` would end the transaction that the file runs in",
            place=place,
            hint=f"take it out, or begin the file with `-- stagecraft: {NO_TRANSACTION}`",
        )


def _directives(name: str, text: str) -> frozenset[str]:
    allowed = {NO_TRANSACTION} if name.endswith(DOWN) else {COMPATIBLE, NO_TRANSACTION}
    words: set[str] = set()
    at_top = True
    if "stagecraft:" not in text:
        return frozenset()
    for number, line in enumerate(text.split("\n"), start=1):
        found = _DIRECTIVE.fullmatch(line)
        if found is None:
            at_top = False
            continue
        place = f"{name}:{number}"
        if not at_top:
            raise ConfigError("a directive counts in the first lines of a file only", place=place)
        for word in (part.strip() for part in found[1].split(",")):
            if word not in allowed:
                known = ", ".join(f"`{each}`" for each in sorted(allowed))
                raise ConfigError(f"`{word}` is not a directive here", place=place, hint=f"known: {known}")
            words.add(word)
    return frozenset(words)
