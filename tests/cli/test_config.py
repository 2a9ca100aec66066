"""`stagecraft config` (spec/commands/config.md)."""

from stagecraft.errors import ConfigError
from tests.cli import scenes
from tests.cli.fakes import FakeApp, typed


def test_check_says_what_was_found() -> None:
    assert "`stagecraft.yml` is valid\nenvironments: demo, prod (protected)\n" == typed("config check").out


def test_a_wrong_file_is_told_with_its_place() -> None:
    error = ConfigError("unknown key `rols`", place="stagecraft.yml:4", hint="did you mean `roles`?")
    said = typed("config check", FakeApp(error=error))
    assert (2, "error: stagecraft.yml:4: unknown key `rols`\nhint: did you mean `roles`?\n") == (
        said.code,
        said.err,
    )


def test_render_prints_the_text_and_nothing_else() -> None:
    app = FakeApp()
    said = typed("config render --env demo --host web1 --version v2", app)
    assert (scenes.TEXT, "") == (said.out, said.err)
    assert [("config_render", "demo", "web1", "v2")] == app.asked


def test_schema_is_json() -> None:
    assert '{\n  "title": "stagecraft.yml"\n}\n' == typed("config schema").out
