"""The tree of commands: an example on every page, the nearest word for a wrong one."""

import shlex

import pytest

from tests.cli.fakes import typed
from tests.cli.grammar import PAGES, understood


def examples(path: tuple[str, ...]) -> list[str]:
    lines = str(PAGES[path].epilog).splitlines()
    return [line.strip() for line in lines if line.startswith("  ")]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: " ".join(path) or "stagecraft")
def test_every_help_page_ends_with_an_example_of_its_command(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    typed([*path, "--help"])
    page = capsys.readouterr().out
    assert examples(path)
    for line in examples(path):
        assert line.startswith(" ".join(("stagecraft", *path)))
        assert f"  {line}\n" in page


@pytest.mark.parametrize("path", PAGES, ids=lambda path: " ".join(path) or "stagecraft")
def test_a_help_page_says_what_each_command_does_in_full(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    typed([*path, "--help"])
    _, _, commands = capsys.readouterr().out.partition("\nCommands:\n")
    assert [] == [line for line in commands.splitlines() if line.endswith("...")]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: " ".join(path) or "stagecraft")
def test_every_example_is_understood(path: tuple[str, ...]) -> None:
    for line in examples(path):
        understood(shlex.split(line.partition(" > ")[0])[1:])


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("deplo", "there is no command `stagecraft deplo`", "did you mean `stagecraft deploy`?"),
        (
            "releases lst",
            "there is no command `stagecraft releases lst`",
            "did you mean `stagecraft releases list`?",
        ),
        ("xyzzy", "there is no command `stagecraft xyzzy`", "`stagecraft --help` lists what can be typed"),
    ],
)
def test_a_wrong_command_is_answered_with_the_nearest(line: str, message: str, hint: str) -> None:
    said = typed(line)
    assert (2, "", f"error: {message}\nhint: {hint}\n") == (said.code, said.out, said.err)
