"""`stagecraft init`: questions, answers, and what is said (spec/commands/init.md)."""

from dataclasses import replace
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.app.start import Answers, Started
from stagecraft.app.survey import Survey, Variable
from stagecraft.errors import ConfigError
from stagecraft.runtime.running_projects import RunningProject
from tests.cli.fakes import FakeApp, typed

KEY = Variable("API_KEY", secret=True, needed=True, default="", where="services.web", dotenv=None)
FOUND = Survey(
    file=Path("/shop/stagecraft.yml"),
    compose=("compose.yml",),
    left_out=("compose.override.yml",),
    project="shop",
    services=("db", "web"),
    built=("web",),
    profiles=(),
    registry=None,
    variables=(KEY,),
    notes=("`.env` is not used: .env:3: is not `NAME=value`",),
    running=(RunningProject("shop", "/shop", frozenset({"db", "web"})),),
)


def test_yes_takes_what_was_found() -> None:
    app = FakeApp(surveyed=FOUND)
    typed("init --yes", app)
    assert [("survey", (), "prod"), Answers(project="shop", environment="prod")] == app.asked


def test_questions_are_answered_by_a_person() -> None:
    app = FakeApp(surveyed=FOUND)
    typed("init", app, answers="basket\nstaging\nregistry.example.com/basket\nweb-1 db=ssh://db\n")
    assert (
        Answers(
            project="basket",
            environment="staging",
            registry="registry.example.com/basket",
            hosts=("web-1", "db=ssh://db"),
        )
        == app.asked[-1]
    )


def test_an_empty_answer_is_the_one_in_brackets() -> None:
    app = FakeApp(surveyed=replace(FOUND, registry="ghcr.io/example"))
    typed("init", app, answers="\n\n\n\n")
    assert Answers(project="shop", environment="prod", registry="ghcr.io/example") == app.asked[-1]


def test_what_was_typed_is_not_asked() -> None:
    app = FakeApp(surveyed=FOUND)
    typed("init --project p --env e --registry r --host h --compose c.yml", app, answers="")
    assert [
        ("survey", ("c.yml",), "e"),
        Answers(project="p", environment="e", registry="r", hosts=("h",)),
    ] == app.asked


def test_where_nothing_is_built_no_registry_is_asked_for() -> None:
    said = typed("init", FakeApp(surveyed=replace(FOUND, built=())), answers="\n\n\n")
    assert (0, False) == (said.code, "Registry" in said.err)


def test_without_a_terminal_nothing_is_asked_and_nothing_written() -> None:
    app = FakeApp(surveyed=FOUND)
    said = typed("init", app)
    assert (2, 1) == (said.code, len(app.asked))
    assert said.err.endswith("hint: `stagecraft init --yes` asks nothing\n")


def test_the_end_of_the_answers_writes_nothing() -> None:
    app = FakeApp(surveyed=FOUND)
    said = typed("init", app, answers="basket\n")
    assert (6, 1) == (said.code, len(app.asked))
    assert said.err.endswith("error: no answer; nothing was written\n")


@pytest.mark.parametrize(
    "started",
    [
        Started(("`stagecraft.yml`", "`.gitignore`: `.stagecraft/`"), ("SITE_URL",), None),
        Started(("`stagecraft.yml`",), (), ConfigError("is wrong", place="compose.yml:3", hint="correct it")),
    ],
    ids=["ready", "not ready"],
)
def test_what_was_found_written_and_is_left_to_do(started: Started, golden: SnapshotAssertion) -> None:
    assert golden == str(typed("init --yes", FakeApp(surveyed=FOUND, started=started)))
