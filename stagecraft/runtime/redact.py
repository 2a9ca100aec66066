"""Masks secret values and their encoded forms in text (spec/secrets.md, "Redaction")."""

import base64
import json
import re
import shlex
import threading
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Characters; shorter values are not masked."""
SHORTEST_FORM = 8
"""Characters; shorter encoded forms are not looked for."""
_SHORTEST_LINE = 8
_URL_SAFE = ("", "/", "$&+,;=", "$&+=:@", "$-_.+!*'(),", "!'()*", ";,/?:@&=+$!'()*#", "/:")
"""What urllib, Go (user, path), browsers and curl leave as it is."""
_GO_ESCAPES = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}


class Redactor:
    """Replaces every form of every known value by `***NAME***`. Any thread may add values, at any time."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values: dict[str, str] = {}
        self._forms: tuple[tuple[str, str], ...] = ()
        self._adding = threading.Lock()
        self.add(values or {})

    def add(self, values: Mapping[str, str]) -> None:
        """Know more values. Of two names with one value, the first in the alphabet is shown."""
        with self._adding:
            for name, value in values.items():
                if len(value) >= SHORTEST:
                    self._values[value] = min(name, self._values.get(value, name))
            forms: dict[str, str] = {}
            for value, name in sorted(self._values.items(), key=lambda pair: (-len(pair[0]), pair)):
                for form in (value, *_forms(value)):
                    forms.setdefault(form, f"***{name}***")
            self._forms = tuple(forms.items())

    def redact(self, text: str) -> str:
        """Return `text` without any known value. With nothing to mask, it costs a substring search a form."""
        found = [(form, mask) for form, mask in self._forms if form in text]
        return _masked(text, found) if found else text


def _masked(text: str, found: list[tuple[str, str]]) -> str:
    """Replace what matches cover; where they overlap, all of it goes, under the mask of the longest value."""
    pieces: list[str] = []
    end = 0
    for start, stop, rank in _merged(sorted(_spans(text, found))):
        pieces += [text[end:start], found[rank][1]]
        end = stop
    return "".join([*pieces, text[end:]])


def _spans(text: str, found: list[tuple[str, str]]) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and rank of every match, those that overlap themselves too."""
    for rank, (form, _) in enumerate(found):
        start = text.find(form)
        while start >= 0:
            yield start, start + len(form), rank
            start = text.find(form, start + 1)


def _merged(spans: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    merged: list[tuple[int, int, int]] = []
    for start, stop, rank in spans:
        if merged and start < merged[-1][1]:
            first, last, best = merged[-1]
            merged[-1] = (first, max(last, stop), min(best, rank))
        else:
            merged.append((start, stop, rank))
    return merged


def _forms(value: str) -> Iterator[str]:
    """Yield the encoded forms of a value that are long enough to be looked for."""
    for form in _all_forms(value):
        if len(form) >= SHORTEST_FORM:
            yield form


def _all_forms(value: str) -> Iterator[str]:
    yield from _quoted(value)
    yield from _url_encoded(value)
    data = value.encode("utf-8", "surrogateescape")
    yield data.hex()
    yield data.hex().upper()
    for alphabet in (b"+/", b"-_"):
        yield from _base64(data, alphabet)
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        for line in lines:
            if len(line) >= _SHORTEST_LINE:
                yield line
                yield from _quoted(line)


def _quoted(value: str) -> Iterator[str]:
    """Yield the value as JSON, JSON in JSON, Go's `%q`, YAML, the shell and Compose write it, unquoted."""
    for ascii_only in (True, False):
        once = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield _html_safe(once)
        yield json.dumps(once, ensure_ascii=ascii_only)[1:-1]
    yield _go_quoted(value)
    yield value.replace("'", "''")
    yield value.replace("$", "$$")
    yield shlex.quote(value)
    yield value.replace("'", "'\\''")
    yield value.replace("'", "'\"'\"'")


def _html_safe(text: str) -> str:
    """Return JSON as Go writes it by default (encoding/json, HTMLEscape)."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _go_quoted(value: str) -> str:
    """Return the value as Go's strconv.Quote writes it, without the quotes; logrus uses it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(
        _GO_ESCAPES.get(char, char if char >= " " and char != "\x7f" else f"\\x{ord(char):02x}")
        for char in escaped
    )


def _url_encoded(value: str) -> Iterator[str]:
    data = value.encode("utf-8", "surrogateescape")
    for form in (quote_plus(data), *(quote(data, safe) for safe in _URL_SAFE)):
        yield form
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), form)


def _base64(data: bytes, alphabet: bytes) -> Iterator[str]:
    """Yield the encoding of `data`: whole, wrapped, and what is the same wherever it lies in something else.

    A base64 character holds 6 bits, so that `shift` bytes before the data spoil the first `shift + 1`
    characters (RFC 4648, section 4), and whatever follows spoils the last incomplete one.
    """
    whole = base64.b64encode(data, alphabet).decode()
    yield whole
    for width in (64, 76):
        if len(whole) > width:
            yield from (whole[start : start + width] for start in range(0, len(whole), width))
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data, alphabet).decode()
        spoilt = (shift + len(data)) % 3
        end = len(encoded) - (4 - spoilt if spoilt else 0)
        yield encoded[shift + 1 if shift else 0 : end]
