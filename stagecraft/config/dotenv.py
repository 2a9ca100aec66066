"""Dotenv files, as far as they mean the same to `docker compose --env-file` (spec/config.md).

The rules are those of compose-go's dotenv package; what it reads differently from other programs, or
depending on the environment, is refused.
"""

import re
from pathlib import Path

from stagecraft.errors import ConfigError

MAX_BYTES = 1024 * 1024

_NAME = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*")
_BLANK = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_SINGLE = re.compile(r"'((?:[^'\\]|\\'|\\(?!'))*)'", re.DOTALL)
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"[^\n]*")
_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_INTERPOLATION = re.compile(r"\$[A-Za-z_{$]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


def read(folder: Path, name: str, place: str = "") -> dict[str, str]:
    """Return the variables in the file `name` of `folder`; `place` is where it is named.

    Raises ConfigError.
    """
    try:
        if not (folder / name).is_file():
            raise ConfigError(f"file `{name}` is not there", place=place)
        with (folder / name).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"file `{name}` cannot be read: {error.strerror}", place=place) from None
    if len(data) > MAX_BYTES:
        raise ConfigError("is larger than 1 MiB", place=name)
    try:
        return parse(data.decode(), name)
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text", place=name) from None


def parse(text: str, place: str) -> dict[str, str]:
    """Return the variables in `text`, in order. `place` is what file:line begins with. Raises ConfigError."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if found := _CONTROL.search(text):
        raise _error(text, found.start(), place, f"contains the control character {found[0]!a}")
    values: dict[str, str] = {}
    position = 0
    while position < len(text):
        if blank := _BLANK.match(text, position):
            position = blank.end()
            continue
        found = _NAME.match(text, position)
        if not found:
            raise _error(text, position, place, "is not `NAME=value`")
        if found[1] in values:
            raise _error(text, position, place, f"sets `{found[1]}` a second time")
        try:
            values[found[1]], position = _value(text, found.end())
        except ValueError as error:
            raise _error(text, position, place, f"`{found[1]}` {error}") from None
    return values


def _value(text: str, start: int) -> tuple[str, int]:
    """Return the value that begins at `start` and where the next line begins. Raises ValueError."""
    quote = text[start : start + 1]
    if quote not in ("'", '"'):
        return _bare(text, start)
    found = (_SINGLE if quote == "'" else _DOUBLE).match(text, start)
    if not found:
        raise ValueError("has no closing quote")
    end = _END.match(text, found.end())
    if not end:
        raise ValueError("has text after the closing quote")
    if quote == "'":
        return found[1].replace("\\'", "'"), end.end()
    return _unescaped(found[1]), end.end()


def _bare(text: str, start: int) -> tuple[str, int]:
    found = _BARE.match(text, start)
    line = found[0] if found else ""
    if line.startswith("#"):
        raise ValueError("begins with `#`; put the value in quotes")
    value = line.partition(" #")[0].strip()
    _refuse_interpolation(value)
    return value, start + len(line) + 1


def _unescaped(raw: str) -> str:
    if not _ESCAPES.keys() >= set(_ESCAPE.findall(raw)):
        raise ValueError("has an unknown escape (`\\`); put the value in single quotes")
    _refuse_interpolation(_ESCAPE.sub("", raw))
    return _ESCAPE.sub(lambda found: _ESCAPES[found[1]], raw)


def _refuse_interpolation(value: str) -> None:
    if _INTERPOLATION.search(value):
        raise ValueError("would be interpolated (`$`); put the value in single quotes")


def _error(text: str, position: int, place: str, message: str) -> ConfigError:
    line = text.count("\n", 0, position) + 1
    hint = "the syntax is in spec/config.md, 'The variables file'"
    return ConfigError(message, place=f"{place}:{line}", hint=hint)
