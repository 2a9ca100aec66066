"""`stagecraft exec`: what is asked for, and the command's own exit code."""

from stagecraft.app.requests import ExecRequest
from tests.cli.fakes import FakeApp, typed


def test_what_follows_the_dashes_is_the_command_and_its_exit_code_is_ours() -> None:
    app = FakeApp()
    said = typed("exec web --env demo --host web-1 -- ls --all -e /", app)

    assert ExecRequest("demo", "web", ("ls", "--all", "-e", "/"), "web-1") == app.asked[-1]
    assert 7 == said.code


def test_without_a_command_it_says_what_is_missing() -> None:
    assert 2 == typed("exec web").code
