"""Cut a file of SQL into statements, as the database's own shell does (spec/migrations.md).

Sources: psql's psqlscan.l (quotes, nested comments, parentheses, BEGIN ATOMIC), the MariaDB documentation
("Comment Syntax", "Delimiters"), SQLite's complete.c (triggers).
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from stagecraft.errors import ConfigError
from stagecraft.model.sql import Dialect, Statement

# Possessive quantifiers throughout: an unfinished quote costs one pass, not an exponential number of them.
_SQL_STRING = r"'(?:[^']++|'')*+(?P<q1>'?)"
_SQL_NAME = r'"(?:[^"]++|"")*+(?P<q2>"?)'
_WORD = r"(?P<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*+)"
_BLOCK = r"/\*(?:[^*]++|\*(?!/))*+(?P<q4>(?:\*/)?)"
_END = r"(?P<end>;)"

_PATTERNS = {
    Dialect.POSTGRES: (
        r"(?P<space>\s++|--[^\n]*+)|(?P<nested>/\*)"
        r"|[eE]'(?:[^'\\]++|\\.|'')*+(?P<q5>'?)"
        rf"|{_SQL_STRING}|{_SQL_NAME}"
        r"|(?P<dollar>\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*+)?\$)"
        rf"|{_WORD}|\d[\w$]*+|(?P<paren>[()])|{_END}|."
    ),
    Dialect.MYSQL: (
        r"(?P<space>\s++|#[^\n]*+|--(?=[\s\x00-\x1f]|\Z)[^\n]*+|(?!/\*M?!)" + _BLOCK + ")"
        r"|/\*(?:[^*]++|\*(?!/))*+(?P<q6>(?:\*/)?)"
        r"|'(?:[^'\\]++|\\.|'')*+(?P<q1>'?)"
        r'|"(?:[^"\\]++|\\.|"")*+(?P<q2>"?)'
        r"|`(?:[^`]++|``)*+(?P<q3>`?)"
        rf"|(?P<word>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*+)|{_END}|."  # no `$`: it may be the delimiter
    ),
    Dialect.SQLITE: (
        rf"(?P<space>\s++|--[^\n]*+|{_BLOCK})|{_SQL_STRING}|{_SQL_NAME}"
        rf"|`(?:[^`]++|``)*+(?P<q3>`?)|\[[^\]]*+(?P<q5>\]?)|{_WORD}|{_END}|."
    ),
}
_NESTED = re.compile(r"/\*|\*/")
_DELIMITER = re.compile(r"delimiter[ \t]+(\S+)[ \t]*(?:\n|\Z)", re.IGNORECASE)


@cache
def _token_pattern(dialect: Dialect) -> re.Pattern[str]:
    """Return the pattern of one token; made once it is asked for, which takes longer than most imports."""
    return re.compile(_PATTERNS[dialect], re.DOTALL)


@dataclass
class _Context:
    """What has been seen of the statement so far: enough to know which `;` ends it."""

    start: int = -1
    words: list[str] = field(default_factory=list)
    """The first few words, in upper case."""
    depth: int = 0
    """Open parentheses and, in a BEGIN ATOMIC body, open blocks."""
    blocks: int = 0
    last: str = ""
    before_last: str = ""

    def token(self, text: str, start: int) -> None:
        if self.start < 0:
            self.start = start
        self.before_last, self.last = self.last, text

    def creates(self, *kinds: str) -> bool:
        """Whether it begins with CREATE, up to three other words, and one of these kinds."""
        return bool(self.words) and self.words[0] == "CREATE" and any(k in self.words[1:4] for k in kinds)


def split(text: str, dialect: Dialect, file: str) -> tuple[Statement, ...]:
    """Return the statements of a file, without comments in front of them and without what ends them.

    Raises ConfigError with the line: a quote or comment that never ends.
    """
    lines = [match.end() for match in re.finditer("\n", text)]
    return tuple(_Scanner(text, dialect, lambda at: bisect_right(lines, at) + 1, file).statements())


class _Scanner:
    """Walks a text token by token."""

    def __init__(self, text: str, dialect: Dialect, line: Callable[[int], int], file: str) -> None:
        self._text, self._dialect, self._line, self._file = text, dialect, line, file
        self._delimiter = ";"
        self._pattern = _token_pattern(dialect)

    def statements(self) -> Iterator[Statement]:
        at, seen = 0, _Context()
        while at < len(self._text):
            if (moved := self._client_command(at, seen)) > at:
                at = moved
                continue
            length = self._end_here(at, seen)
            if length:
                yield from self._statement(seen, at)
                at, seen = at + length, _Context()
            else:
                at = self._token(at, seen)
        yield from self._statement(seen, len(self._text))

    def _statement(self, seen: _Context, end: int) -> Iterator[Statement]:
        if seen.start >= 0:
            yield Statement(self._text[seen.start : end].rstrip(), self._line(seen.start))

    def _client_command(self, at: int, seen: _Context) -> int:
        """Follow a `DELIMITER` line of the mysql shell; return where to go on."""
        if self._dialect is not Dialect.MYSQL or seen.start >= 0 or self._text[at] not in "dD":
            return at
        found = _DELIMITER.match(self._text, at)
        if found is None:
            return at
        self._delimiter = found[1]
        return found.end()

    def _end_here(self, at: int, seen: _Context) -> int:
        """Return the length of what ends the statement here, 0 if it goes on."""
        if not self._text.startswith(self._delimiter, at):
            return 0
        inside = self._dialect is Dialect.SQLITE and seen.creates("TRIGGER") and not _trigger_ended(seen)
        return 0 if inside or seen.depth > 0 or seen.blocks > 0 else len(self._delimiter)

    def _token(self, at: int, seen: _Context) -> int:
        """Take one token in; return where it ends."""
        found = self._pattern.match(self._text, at)
        if found is None:  # pragma: no cover - the last alternative matches anything
            return at + 1
        kind = found.lastgroup or ""
        if kind == "space":
            if found[0].startswith("/*") and not found["q4"]:
                raise self._unfinished(at)
            return found.end()
        if kind == "nested":
            return self._comment_end(at)
        if kind.startswith("q") and not found[kind]:
            raise self._unfinished(at)
        if kind == "word":
            self._word(found[0].upper(), seen)
        elif kind == "paren":
            seen.depth = max(0, seen.depth + (1 if found[0] == "(" else -1))
        seen.token(found[0].upper() if kind == "word" else found[0], at)
        return self._dollar_end(at, found[0]) if kind == "dollar" else found.end()

    def _word(self, word: str, seen: _Context) -> None:
        if len(seen.words) < 6:
            seen.words.append(word)
        if self._dialect is Dialect.POSTGRES and seen.creates("FUNCTION", "PROCEDURE"):
            opens = (word == "ATOMIC" and seen.last == "BEGIN") or (word == "CASE" and seen.blocks > 0)
            if opens:
                seen.blocks += 1
            elif word == "END" and seen.blocks:
                seen.blocks -= 1

    def _comment_end(self, at: int) -> int:
        depth = 0
        for mark in _NESTED.finditer(self._text, at):
            depth += 1 if mark[0] == "/*" else -1
            if depth == 0:
                return mark.end()
        raise self._unfinished(at)

    def _dollar_end(self, at: int, tag: str) -> int:
        end = self._text.find(tag, at + len(tag))
        if end < 0:
            raise self._unfinished(at)
        return end + len(tag)

    def _unfinished(self, at: int) -> ConfigError:
        return ConfigError(
            "a quote or comment begins here and never ends", place=f"{self._file}:{self._line(at)}"
        )


def _trigger_ended(seen: _Context) -> bool:
    """Whether the body of a trigger is complete: `;` and then END stand right before the `;`."""
    return seen.last == "END" and seen.before_last == ";"
