"""Markdown that shows text as text (stagecraft/cli/render/markdown.py)."""

import pytest

from stagecraft.cli.render.markdown import code, fence, prose, summary_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web", "`web`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a|b", "`a\\|b`"),
        ("two\nlines\t", "`two lines`"),
        ("", "(empty)"),
        ("\x1b[31mred\u202e", "`red\\u202e`"),
    ],
)
def test_a_code_span_holds_anything(text: str, expected: str) -> None:
    assert expected == code(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("config `a|b` differs", "config `a\\|b` differs"),
        ("<img src=x> **b** [a](http://b)", "&lt;img src=x&gt; \\*\\*b\\*\\* \\[a\\]\\(http\\://b\\)"),
        ("one ` alone", "one \\` alone"),
        ("for @everyone", "for `@`everyone"),
        ("# no\n\n# heading", "\\# no # heading"),
        ("http://a www.b", "http\\://a www\\.b"),
    ],
)
def test_prose_has_no_marks_but_code(text: str, expected: str) -> None:
    assert expected == prose(text)


@pytest.mark.parametrize("text", ["```\nout", "  ````\nout", "~~~", "</details>\n`````"])
def test_nothing_ends_a_code_block_from_inside(text: str) -> None:
    first, *inside, last = fence(text, "diff")
    assert first == last + "diff"
    assert not any(last in line for line in inside)


def test_a_summary_is_no_element() -> None:
    assert "<details><summary>&lt;/summary&gt; x</summary>" == summary_of("</summary>\nx")
