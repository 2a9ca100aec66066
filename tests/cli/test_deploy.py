"""`stagecraft deploy` (spec/commands/deploy.md)."""

import json
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.app.requests import DeployRequest
from stagecraft.errors import PhaseFailedError, RefusedError
from stagecraft.model.plan_file import dump
from tests.cli import scenes
from tests.cli.fakes import FakeApp, typed


def success() -> FakeApp:
    return FakeApp(happens=scenes.events(scenes.completed()))


def early_failure() -> FakeApp:
    release = scenes.failed_build()
    error = PhaseFailedError(
        "`build` failed: `web` cannot be built",
        hint="mend it, then `stagecraft deploy --env demo`",
        log=release.phases[0].log,
    )
    return FakeApp(happens=scenes.events(release), error=error)


def test_success(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("deploy --env demo", success()))


def test_success_verbose(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("deploy --env demo --verbose", success()))


def test_success_quiet(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("deploy --env demo --quiet", success()))


def test_success_as_json(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("deploy --env demo --format json", success()))


def test_early_failure(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("deploy --env demo", early_failure()))


def test_early_failure_quiet(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("deploy --env demo --quiet", early_failure()))


def test_a_dry_run_prints_what_plan_prints() -> None:
    assert typed("plan --env demo") == typed("deploy --env demo --dry-run")
    assert typed("plan --env demo --format json") == typed("deploy --env demo --dry-run --format json")


def test_a_dry_run_deploys_nothing() -> None:
    app = success()
    assert "demo-2" not in typed("deploy --env demo --dry-run", app).out
    assert [DeployRequest(env="demo")] == app.asked


def test_the_last_json_line_is_the_finished_release_as_show_prints_it() -> None:
    last = json.loads(typed("deploy --env demo --format json", success()).out.splitlines()[-1])
    shown = typed("releases show demo-2 --format json", FakeApp((scenes.completed(),), "demo-2"))
    assert "release_finished" == last["event"]
    assert json.loads(shown.out) == last["release"]


def test_a_failed_release_is_not_current_in_the_last_json_line() -> None:
    last = json.loads(typed("deploy --env demo --format json", early_failure()).out.splitlines()[-1])
    assert ("failed", False) == (last["release"]["status"], last["release"]["current"])


def test_every_option_reaches_the_request() -> None:
    app = success()
    typed(
        "deploy -e demo --version v2 --rebuild --skip-build --image web=a@sha256:1 "
        "--recreate web -m hurry --lock-wait 2.5",
        app,
    )
    expected = DeployRequest(
        env="demo",
        version="v2",
        images={"web": "a@sha256:1"},
        skip_build=True,
        rebuild=True,
        recreate=("web",),
        message="hurry",
        lock_wait=2.5,
    )
    assert [expected] == app.asked


def test_a_saved_plan_is_handed_over(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(dump(scenes.plan()))
    app = success()
    typed("deploy --env demo --plan plan.json", app, cwd=tmp_path)
    assert [DeployRequest(env="demo", plan=scenes.plan(), plan_path=Path("plan.json"))] == app.asked


def test_a_saved_plan_that_was_edited_ends_with_six(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(dump(scenes.plan()).replace("8080", "8081"))
    said = typed("deploy --env demo --plan plan.json", success(), cwd=tmp_path)
    assert (RefusedError.exit_code, "") == (said.code, said.out)


@pytest.mark.parametrize(
    ("line", "resume"),
    [("deploy --resume", ""), ("deploy --resume demo-3", "demo-3"), ("deploy demo-3 --resume", "demo-3")],
)
def test_resume_takes_an_id_or_means_the_newest(line: str, resume: str) -> None:
    app = success()
    typed(line, app)
    assert [DeployRequest(env=None, resume=resume)] == app.asked


def test_an_id_without_resume_is_refused() -> None:
    said = typed("deploy demo-3", success())
    assert (2, "error: `demo-3` is only understood with `--resume`") == (said.code, said.err.splitlines()[0])


@pytest.mark.parametrize("recorded", ["--plan f", "--resume"])
@pytest.mark.parametrize(
    "option", ["--version v", "--rebuild", "--skip-build", "--image a=b", "--recreate web"]
)
def test_a_recorded_plan_takes_no_option_that_would_change_it(recorded: str, option: str) -> None:
    app = success()
    said = typed(f"deploy {recorded} {option}", app)
    first, second = recorded.partition(" ")[0], option.partition(" ")[0]
    expected = f"error: `{first}` and `{second}` cannot be used together: "
    assert (2, []) == (said.code, app.asked)
    assert said.err.startswith(expected)


def test_quiet_and_verbose_contradict_each_other() -> None:
    assert 2 == typed("deploy --quiet --verbose", success()).code


def test_what_a_program_wrote_cannot_steer_the_terminal() -> None:
    said = typed("deploy --env demo --verbose", success())
    assert "  build | #5 [2/3] RUN pip install flask\n" in said.err


def test_a_phase_told_twice_is_printed_once() -> None:
    happens = scenes.events(scenes.completed())
    twice = FakeApp(happens=[event for event in happens for _ in range(2 if event.event == "phase" else 1)])
    assert typed("deploy --env demo", success()).out == typed("deploy --env demo", twice).out


def test_a_first_release_has_nothing_to_go_back_to() -> None:
    app = FakeApp(happens=scenes.events(scenes.completed(1, base=None)))
    assert "to go back" not in typed("deploy --env demo", app).out
