"""`aliases:` in `stagecraft.yml` (spec/config.md)."""

from pathlib import Path

import pytest

from stagecraft.config.load import load
from stagecraft.errors import ConfigError

BASE = "version: 1\nproject: shop\nenvironments: {prod: {}}\n"


def aliases(folder: Path, line: str) -> dict[str, tuple[str, ...]]:
    (folder / "stagecraft.yml").write_text(f"{BASE}aliases:\n  {line}\n")
    return load(folder / "stagecraft.yml").project.aliases


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ship: deploy --env prod", ("deploy", "--env", "prod")),
        ("ship: 'deploy -m \"a b\"'", ("deploy", "-m", "a b")),
        ("ship: deploy -m $HOME", ("deploy", "-m", "$HOME")),
        ("ship: [deploy, -m, a b]", ("deploy", "-m", "a b")),
    ],
)
def test_an_alias_is_split_into_words_and_nothing_is_expanded(
    line: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    assert {"ship": words} == aliases(tmp_path, line)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("plan: deploy", "`aliases.plan` is a command, or may become one: choose another name"),
        (
            "Ship: deploy",
            "`aliases.Ship` must be at most 31 lower-case letters, digits and `-`, a letter first",
        ),
        (
            "a: b",
            "`aliases.a` must begin with a command of Stagecraft, such as `deploy`, not with another alias",
        ),
        ("ship: 'deploy \"'", "`aliases.ship` is not a command line: No closing quotation"),
    ],
)
def test_an_alias_that_hides_or_leads_nowhere_is_refused_with_its_line(
    line: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        aliases(tmp_path, line)
    assert f"stagecraft.yml:5: {message}" == str(caught.value)
