"""`stagecraft destroy`: nothing is destroyed unless a person says so."""

import pytest

from stagecraft.app.requests import DestroyRequest
from tests.cli.fakes import FakeApp, typed


def test_with_yes_it_runs_without_a_question() -> None:
    app = FakeApp()
    typed("destroy --env demo --host web-1 --volumes --yes -m over", app)

    assert DestroyRequest(env="demo", host="web-1", volumes=True, message="over") == app.asked[-1]


@pytest.mark.parametrize("answers", [None, "", "yes\n", "dem\n"])
def test_without_the_right_answer_nothing_is_touched(answers: str | None) -> None:
    app = FakeApp()
    said = typed("destroy --env demo", app, answers=answers)

    assert 6 == said.code
    assert not any(isinstance(asked, DestroyRequest) for asked in app.asked)


def test_the_name_of_the_environment_is_the_answer() -> None:
    app = FakeApp()
    typed("destroy --env demo", app, answers="demo\n")

    assert DestroyRequest(env="demo") == app.asked[-1]


def test_a_dry_run_only_prints_the_plan() -> None:
    app = FakeApp()
    said = typed("destroy --env demo --dry-run", app)

    assert 0 == said.code
    assert not any(isinstance(asked, DestroyRequest) for asked in app.asked)
