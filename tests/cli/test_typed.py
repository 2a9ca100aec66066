"""What is not converted, and what still is."""

from typing import Annotated

import pytest
import typer

from stagecraft.cli.tree import group


def heard(*words: str) -> list[object]:
    """Return what a command gets for the words that were typed."""
    got: list[object] = []
    root = group("A group.", example="root take")

    @root.command()
    def take(
        name: str,
        few: Annotated[int, typer.Option(min=1)] = 3,
        many: Annotated[list[str] | None, typer.Option()] = None,
    ) -> None:
        got.extend((name, few, many))

    root.callback()(lambda: None)
    typer.main.get_command(root).main(["take", *words], standalone_mode=False)
    return got


def test_words_and_defaults_stay_as_they_are() -> None:
    assert ["web", 3, None] == heard("web")


def test_numbers_and_lists_are_converted() -> None:
    assert ["web", 5, ["a", "b"]] == heard("web", "--few", "5", "--many", "a", "--many", "b")


@pytest.mark.parametrize("words", [("web", "--few", "0"), ("web", "--few", "x"), ()])
def test_what_does_not_fit_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(Exception) as refused:  # noqa: PT011 - typer's own, which it does not show
        heard(*words)
    assert 2 == getattr(refused.value, "exit_code", None)
