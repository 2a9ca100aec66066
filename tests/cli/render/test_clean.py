"""What reaches a terminal (stagecraft/cli/render/clean.py)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagecraft.cli.render.clean import clean, one_line, shortened


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("\x1bcreset", "reset"),
        ("half \x1b[", "half "),
        ("end \x1b", "end \\x1b"),
        ("bell\x07 back\x08 over\rwritten", "bell\\x07 back\\x08 over\\x0dwritten"),
        ("c1 \x9b31m", "c1 \\x9b31m"),
        ("bidi \u202eevil", "bidi \\u202eevil"),
        ("bytes \udcff", "bytes \\udcff"),
        ("line\r\nnext\ttab", "line\nnext\ttab"),
        ("Grüße 日本 🚀", "Grüße 日本 🚀"),
    ],
)
def test_what_steers_a_terminal_is_dropped_or_shown(raw: str, shown: str) -> None:
    assert shown == clean(raw)


@given(st.text())
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    left = {c for c in clean(text) if unicodedata.category(c) in ("Cc", "Cs")} - {"\n", "\t"}
    assert set() == left


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(text) == clean(clean(text))


@pytest.mark.parametrize(("text", "line"), [("", ""), ("\n a \n", "a"), ("a\nb", "a …"), ("a\tb", "a b")])
def test_one_line_is_the_first_that_says_anything(text: str, line: str) -> None:
    assert line == one_line(text)


@pytest.mark.parametrize(("width", "line"), [(3, "abc"), (2, "a…"), (1, "…")])
def test_what_does_not_fit_ends_in_an_ellipsis(width: int, line: str) -> None:
    assert line == shortened("abc", width)
