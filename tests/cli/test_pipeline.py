"""What a pipeline is told, with the variables that it sets (spec/ci.md)."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.cli.annotations import Annotation
from stagecraft.cli.github import command
from stagecraft.errors import ConfigError, PhaseFailedError
from stagecraft.model.change import Change, ServiceChange
from stagecraft.model.phase import Phase
from stagecraft.model.plan import HostPlan
from stagecraft.model.step import Rollout
from tests.cli import scenes
from tests.cli.fakes import FakeApp, Said, typed

NO_CHANGE = scenes.plan(
    steps=(Rollout(cause="same", compose_project="shop", text="sha256:1"),),
    hosts={
        "local": HostPlan(text="sha256:1", services={"web": ServiceChange(change=Change.UNCHANGED)}),
    },
    skipped=dict.fromkeys((Phase.BUILD, Phase.PUSH), "demo-1 has this version"),
)


class Actions:
    """A step of GitHub Actions: its variables and its files."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "work"
        self.workspace.mkdir()
        self.summary, self.output = folder / "summary", folder / "output"
        for file in (self.summary, self.output):
            file.touch()
        self.environ = {
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_OUTPUT": str(self.output),
        }

    def typed(self, line: str | Sequence[str], app: FakeApp | None = None) -> Said:
        return typed(line, app, environ=self.environ, cwd=self.workspace)

    @property
    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def actions(tmp_path: Path) -> Actions:
    return Actions(tmp_path)


def obeyed(err: str) -> list[str]:
    """What the runner would take for a command: it obeys nothing between `stop-commands` and its token."""
    found, token = [], ""
    for line in err.splitlines():
        if token:
            token = "" if line.strip() == f"::{token}::" else token
        elif match := re.fullmatch(r"::stop-commands::(\S+)", line):
            token = match[1]
        elif line.lstrip().startswith("::") or "##[" in line:
            found.append(line)
    assert not token
    return found


def failing() -> FakeApp:
    release = scenes.failed_build()
    log = ("::add-mask::web", "  ::error::x", "##[error]y", "plain")
    return FakeApp(happens=scenes.events(release), error=PhaseFailedError("`build` failed", log=log))


def test_a_plan_becomes_the_summary_of_its_step(actions: Actions) -> None:
    said = actions.typed("plan --env demo --format markdown")
    assert said.out == actions.summary.read_text()


def test_a_plan_gives_its_digest_and_whether_it_changes_anything(actions: Actions) -> None:
    actions.typed("plan --env demo")
    assert {"plan-digest": scenes.plan().digest, "changes": "true"} == actions.outputs


def test_a_plan_that_changes_nothing_says_so(actions: Actions) -> None:
    actions.typed("plan --env demo", FakeApp(made=NO_CHANGE))
    assert "false" == actions.outputs["changes"]


def test_a_deploy_gives_its_release_even_if_it_fails(actions: Actions) -> None:
    actions.typed("deploy --env demo", failing())
    assert ("demo-3", "false") == (actions.outputs["release"], actions.outputs["changes"])


def test_a_deploy_that_changed_a_host_says_so(actions: Actions) -> None:
    actions.typed("deploy --env demo", FakeApp(happens=scenes.events(scenes.completed())))
    assert "true" == actions.outputs["changes"]


@pytest.mark.parametrize("release", [scenes.completed(), scenes.failed_build()], ids=["completed", "failed"])
def test_a_run_becomes_the_summary_of_its_step(
    actions: Actions, release: object, golden: SnapshotAssertion
) -> None:
    actions.typed("deploy --env demo", FakeApp(happens=scenes.events(release)))  # type: ignore[arg-type]
    assert golden == actions.summary.read_text()


def test_what_is_in_the_files_already_stays(actions: Actions) -> None:
    actions.output.write_text("before=1\n")
    actions.typed("plan --env demo")
    assert "1" == actions.outputs["before"]


def test_data_stays_alone_on_standard_output(actions: Actions) -> None:
    assert typed("plan --format json").out == actions.typed("plan --format json").out


def test_a_mistake_is_annotated_in_its_line(actions: Actions) -> None:
    (actions.workspace / "shop").mkdir()
    (actions.workspace / "shop" / "stagecraft.yml").touch()
    error = ConfigError("100% wrong: a, b", place="stagecraft.yml:4", hint="look\nagain")
    said = actions.typed("plan --config shop/stagecraft.yml", FakeApp(error=error))
    expected = "::error file=shop/stagecraft.yml,line=4,title=Stagecraft::100%25 wrong: a, b (look%0Aagain)"
    assert (2, [expected]) == (said.code, obeyed(said.err))


def test_a_usage_error_is_annotated_without_a_file(actions: Actions) -> None:
    expected = "::error title=Stagecraft::missing command (`stagecraft --help` lists what can be typed)"
    assert [expected] == obeyed(actions.typed("").err)


def test_what_programs_wrote_is_never_obeyed(actions: Actions) -> None:
    assert ["::error title=Stagecraft::`build` failed"] == obeyed(actions.typed("deploy", failing()).err)


def test_a_name_cannot_end_a_property() -> None:
    line = command(Annotation("x", "a,line=9::b%.yml", 3))
    assert "::error file=a%2Cline=9%3A%3Ab%25.yml,line=3,title=Stagecraft::x" == line


def test_files_that_cannot_be_written_fail_nothing(actions: Actions) -> None:
    actions.environ |= {"GITHUB_STEP_SUMMARY": "/nowhere/a", "GITHUB_OUTPUT": "/nowhere/b"}
    said = actions.typed("deploy --env demo", FakeApp(happens=scenes.events(scenes.completed())))
    assert 0 == said.code
    assert "note: `GITHUB_OUTPUT` cannot be written: No such file or directory\n" in said.err


def test_outside_of_a_pipeline_nothing_is_written(actions: Actions) -> None:
    del actions.environ["GITHUB_ACTIONS"]
    said = actions.typed("plan --env demo")
    assert ("", "", "") == (said.err, actions.summary.read_text(), actions.output.read_text())


@pytest.fixture
def gitlab(tmp_path: Path) -> dict[str, str]:
    return {
        "GITLAB_CI": "true",
        "CI_PROJECT_DIR": str(tmp_path),
        "STAGECRAFT_CI_FOLDER": str(tmp_path / "reports"),
    }


def test_gitlab_gets_the_review_and_the_outputs_as_files(gitlab: dict[str, str], tmp_path: Path) -> None:
    said = typed("plan --env demo --format markdown", environ=gitlab, cwd=tmp_path)
    assert said.out == (tmp_path / "reports" / "summary.md").read_text()
    assert f"STAGECRAFT_PLAN_DIGEST={scenes.plan().digest}\nSTAGECRAFT_CHANGES=true\n" == (
        (tmp_path / "reports" / "outputs.env").read_text()
    )


def test_gitlab_gets_the_release_of_a_run(gitlab: dict[str, str], tmp_path: Path) -> None:
    typed("deploy", FakeApp(happens=scenes.events(scenes.completed())), environ=gitlab, cwd=tmp_path)
    assert "STAGECRAFT_RELEASE=demo-2\n" in (tmp_path / "reports" / "outputs.env").read_text()


def test_gitlab_gets_a_mistake_as_code_quality(gitlab: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "stagecraft.yml").touch()
    error = ConfigError("wrong", place="stagecraft.yml:4")
    typed("plan", FakeApp(error=error), environ=gitlab, cwd=tmp_path)
    (issue,) = json.loads((tmp_path / "reports" / "code-quality.json").read_text())
    assert ("wrong", {"path": "stagecraft.yml", "lines": {"begin": 4}}) == (
        issue["description"],
        issue["location"],
    )


def test_the_folder_of_reports_is_nothing_to_git(gitlab: dict[str, str], tmp_path: Path) -> None:
    typed("plan", environ=gitlab, cwd=tmp_path)
    assert "*\n" == (tmp_path / "reports" / ".gitignore").read_text()


def test_gitlab_without_a_folder_for_reports_gets_none(gitlab: dict[str, str], tmp_path: Path) -> None:
    del gitlab["STAGECRAFT_CI_FOLDER"]
    assert "" == typed("plan", environ=gitlab, cwd=tmp_path).err
    assert [] == list(tmp_path.iterdir())
