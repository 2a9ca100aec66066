"""How wide text is on a terminal (stagecraft/cli/render/cells.py)."""

import pytest

from stagecraft.cli.render.cells import cells, cut, padded


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("web", 3), ("日本", 4), ("e\u0301", 1), ("a\u200bb", 2)]
)
def test_the_columns_of_a_line(text: str, width: int) -> None:
    assert width == cells(text)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("a b c", 3, "a…"),
        ("ab", 0, ""),
    ],
)
def test_a_line_is_cut_to_its_columns(text: str, width: int, expected: str) -> None:
    assert expected == cut(text, width)
    assert width >= cells(cut(text, width))


def test_a_name_is_filled_up_by_columns() -> None:
    assert "日本  |" == padded("日本", 6) + "|"
