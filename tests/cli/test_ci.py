"""`stagecraft ci` (spec/commands/ci.md)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from stagecraft.app.requests import PipelineFacts
from tests.cli.fakes import FakeApp, typed

GITHUB = [f".github/workflows/stagecraft-{name}.yml" for name in ("plan", "deploy", "rollback")]


class WithoutSecrets(FakeApp):
    """A project whose secrets come from elsewhere."""

    def pipeline_facts(self, env: str | None) -> PipelineFacts:
        return PipelineFacts("demo", ())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path


def checked(schema: str, files: list[Path]) -> str:
    """What the published schema says against the files."""
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout if done.returncode else ""


@pytest.mark.parametrize("app", [FakeApp(), WithoutSecrets()], ids=["with secrets", "without"])
def test_the_workflows_keep_to_githubs_schema(repository: Path, app: FakeApp) -> None:
    said = typed("ci init github --env demo", app, cwd=repository)
    assert (0, [f"wrote {name}" for name in GITHUB]) == (said.code, said.out.splitlines())
    assert "" == checked("vendor.github-workflows", [repository / name for name in GITHUB])


def test_the_pipeline_keeps_to_gitlabs_schema(repository: Path) -> None:
    typed("ci init gitlab --env demo", cwd=repository)
    files = [repository / name for name in (".gitlab-ci.yml", ".gitlab/stagecraft.yml")]
    assert "" == checked("vendor.gitlab-ci", files)


def test_a_schema_finds_a_mistake(repository: Path) -> None:
    typed("ci init github", cwd=repository)
    file = repository / GITHUB[0]
    file.write_text(file.read_text().replace("runs-on:", "runs:"))
    assert "runs" in checked("vendor.github-workflows", [file])


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_nothing_is_left_to_fill_in(repository: Path, service: str) -> None:
    typed(f"ci init {service}", cwd=repository)
    texts = [path.read_text() for path in repository.rglob("*.yml")]
    assert [] == [line for text in texts for line in text.splitlines() if "@STAGE" in line or "@ENV" in line]
    assert any("stagecraft deploy --plan" in text for text in texts)


def test_jobs_that_roll_out_get_the_secrets_and_the_plan_of_a_pull_request_gets_none(
    repository: Path,
) -> None:
    typed("ci init github", cwd=repository)
    having = [name for name in GITHUB if "secrets.SMTP_TOKEN" in (repository / name).read_text()]
    assert GITHUB[1:] == having


def test_what_a_person_types_is_no_part_of_a_script(repository: Path) -> None:
    typed("ci init github", cwd=repository)
    for name in GITHUB:
        workflow = yaml.safe_load((repository / name).read_text())
        scripts = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
        assert [] == [script for script in scripts if "${{" in script]


def test_only_the_saved_plan_of_the_merged_commit_is_deployed(repository: Path) -> None:
    typed("ci init github --env demo --branch release", cwd=repository)
    workflow = yaml.safe_load((repository / GITHUB[1]).read_text())
    assert {"push": {"branches": ["release"]}} == workflow[True]  # YAML 1.1 reads `on` so
    plan, deploy = workflow["jobs"]["plan"], workflow["jobs"]["deploy"]
    assert ("plan", "demo") == (deploy["needs"], deploy["environment"])
    assert plan["steps"][-1]["with"]["name"] == deploy["steps"][2]["with"]["name"]
    assert 'deploy --plan "$RUNNER_TEMP/plan.json"' in deploy["steps"][-1]["run"]


@pytest.mark.parametrize(("service", "there"), [("github", GITHUB[2]), ("gitlab", ".gitlab/stagecraft.yml")])
def test_a_file_that_is_there_stays_and_none_is_written(repository: Path, service: str, there: str) -> None:
    (repository / there).parent.mkdir(parents=True)
    (repository / there).write_text("mine\n")
    said = typed(f"ci init {service}", cwd=repository)
    assert (2, f"error: `{there}` is there already, and is left as it is") == (
        said.code,
        said.err.splitlines()[0],
    )
    assert ["mine\n"] == [path.read_text() for path in repository.rglob("*.yml")]


def test_a_pipeline_of_ones_own_is_left_alone_and_the_line_to_add_is_told(repository: Path) -> None:
    (repository / ".gitlab-ci.yml").write_text("mine: {script: [x]}\n")
    said = typed("ci init gitlab", cwd=repository)
    assert "mine: {script: [x]}\n" == (repository / ".gitlab-ci.yml").read_text()
    assert "add to .gitlab-ci.yml:\ninclude:\n  - local: .gitlab/stagecraft.yml\n" in said.err


def test_a_project_in_a_folder_below_is_named_in_the_files(repository: Path) -> None:
    typed("ci init github --config apps/shop/stagecraft.yml", cwd=repository)
    assert "run: stagecraft --config apps/shop/stagecraft.yml plan --env demo" in (
        (repository / GITHUB[0]).read_text()
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ci init github", "this is not the top folder of a Git repository, where workflow files belong"),
        ("ci init github --branch a:b", "`--branch a:b` is not the name of a branch"),
        ("ci comment gone.md", "`gone.md` cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(tmp_path: Path, line: str, message: str) -> None:
    said = typed(line, cwd=tmp_path)
    assert (2, f"error: {message}") == (said.code, said.err.splitlines()[0])
    assert [] == list(tmp_path.iterdir())


def test_a_comment_needs_a_pull_request(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("x\n")
    said = typed("ci comment plan.md", cwd=tmp_path)
    assert (2, "error: this is not a job for a pull request, so there is nothing to comment on") == (
        said.code,
        said.err.splitlines()[0],
    )


def test_a_comment_needs_a_token(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("x\n")
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}))
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(tmp_path / "event.json")}
    said = typed("ci comment plan.md", cwd=tmp_path, environ=environ)
    assert 2 == said.code
    assert "error: `GITHUB_TOKEN` is not set, so nobody can comment\n" in said.err
