"""`.dockerignore`, as Docker reads it (Docker documentation, "Build context"; moby/patternmatcher)."""

import posixpath
import re


def excludes(text: str, path: str) -> bool:
    """Return whether a build context with the ignore file `text` leaves out `path` (relative to the context).

    The last line that matches decides; a line that matches a folder matches everything in it.
    """
    excluded = False
    for line in text.removeprefix("\ufeff").splitlines():
        pattern = "" if line.startswith("#") else line.strip()
        negated = pattern.startswith("!")
        pattern = _clean(pattern.removeprefix("!").strip())
        if pattern and negated == excluded and _matches(pattern, path):
            excluded = not negated
    return excluded


def _clean(pattern: str) -> str:
    if not pattern:
        return ""
    cleaned = posixpath.normpath(pattern).lstrip("/")
    return "" if cleaned == "." else cleaned


def _matches(pattern: str, path: str) -> bool:
    expression = re.compile(_expression(pattern))
    parts = path.split("/")
    return any(expression.fullmatch("/".join(parts[: count + 1])) for count in range(len(parts)))


def _expression(pattern: str) -> str:
    """Translate a pattern: `**` is any number of folders, `*` and `?` stay within one name."""
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        rest = pattern[position:]
        if rest.startswith("**/"):
            parts.append("(?:.*/)?")
            position += 3
        elif rest.startswith("**"):
            parts.append(".*")
            position += 2
        elif (group := re.match(r"\[(\^?)((?:\\.|[^\]\\])+)\]", rest)) is not None:
            parts.append(f"[{group[1]}{group[2]}]")
            position += len(group[0])
        elif rest[0] == "\\" and len(rest) > 1:
            parts.append(re.escape(rest[1]))
            position += 2
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(rest[0]) or re.escape(rest[0]))
            position += 1
    return "".join(parts)
