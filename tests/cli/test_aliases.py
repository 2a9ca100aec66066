"""Aliases: a user's own command lines (spec/config.md)."""

from stagecraft.app.requests import DeployRequest
from stagecraft.config.aliases import RESERVED
from stagecraft.errors import ConfigError
from tests.cli.fakes import FakeApp, typed
from tests.cli.grammar import PAGES

SHIP = {"ship": ("deploy", "--env", "prod", "--message")}


def test_an_alias_stands_for_its_words_and_what_is_typed_comes_after_them() -> None:
    app = FakeApp(shortcuts=SHIP)
    typed(["ship", "The new basket"], app)
    assert DeployRequest(env="prod", message="The new basket") == app.asked[-1]


def test_an_alias_may_lead_into_a_group() -> None:
    app = FakeApp(shortcuts={"recent": ("releases", "list", "--limit", "3")})
    typed("recent --env demo", app)
    assert ("releases", "demo", 3, None) == app.asked[-1]


def test_an_alias_is_looked_up_once_only() -> None:
    said = typed("a", FakeApp(shortcuts={"a": ("b",), "b": ("plan",)}))
    assert (2, "error: there is no command `stagecraft b`\n") == (
        said.code,
        said.err.splitlines(keepends=True)[0],
    )


def test_aliases_are_not_looked_at_for_a_command() -> None:
    app = FakeApp(shortcuts={"plan": ("deploy",)})
    typed("plan --env demo", app)
    assert [DeployRequest(env="demo")] == app.asked


def test_a_wrong_word_is_answered_with_the_nearest_alias() -> None:
    assert "hint: did you mean `stagecraft ship`?\n" in typed("shpi", FakeApp(shortcuts=SHIP)).err


def test_a_wrong_file_is_told_unless_a_command_was_nearly_typed() -> None:
    broken = ConfigError("is not YAML", place="stagecraft.yml:3")
    assert "error: stagecraft.yml:3: is not YAML\n" == typed("ship", FakeApp(error=broken)).err
    assert "did you mean `stagecraft deploy`?" in typed("deplo", FakeApp(error=broken)).err


def test_the_file_named_before_an_alias_is_the_one_that_is_read() -> None:
    app = FakeApp(shortcuts=SHIP)
    typed(["--config", "other.yml", "ship", "Why"], app)
    assert app.where is not None
    assert "other.yml" == str(app.where.config)


def test_every_command_is_a_word_that_no_alias_can_have() -> None:
    assert set() == {path[0] for path in PAGES if path} - RESERVED


def test_what_is_wrong_after_an_alias_is_told_of_the_command() -> None:
    said = typed("ship why this that", FakeApp(shortcuts=SHIP))
    assert (
        "hint: `stagecraft deploy --help` lists what can be typed\n" == said.err.splitlines(keepends=True)[-1]
    )
