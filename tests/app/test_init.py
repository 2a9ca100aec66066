"""From a folder with a Compose file to a plan (spec/commands/init.md), on five shapes of public projects."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from stagecraft.app import App, Where
from stagecraft.app.requests import DeployRequest
from stagecraft.app.start import Answers, Started
from stagecraft.app.survey import Survey
from stagecraft.config.load import load
from stagecraft.errors import ConfigError
from stagecraft.runtime.running_projects import RunningProject, parse
from tests.runtime.repositories import commit, git

SHAPES = Path(__file__).parents[2] / "testdata" / "init"
TO_EDIT = {
    "web-worker": ("ALLOWED_HOSTS",),
    "several-files": ("ADMINER_PORT", "SITE_DOMAIN"),
    "extends": ("API_PORT", "DATA_DIR", "MONGO_USER", "STRIPE_PUBLISHABLE_KEY"),
    "monorepo": (),
    "prebuilt": ("DOMAIN", "MEMORY_LIMIT", "NEXTCLOUD_TAG"),
}
"""Every value that a person has to put right before a deploy; nothing has to be put right before a plan."""


def project(folder: Path, shape: str) -> Path:
    shutil.copytree(SHAPES / shape, folder / shape)
    git(folder / shape, "init", "-q", "-b", "main")
    commit(folder / shape, "first")
    return folder / shape


def app(folder: Path) -> App:
    """Return the use cases as typed in `folder`, with no engine at hand."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "DOCKER_HOST": "unix:///nowhere.sock"}
    return App(Where(folder, environ), lambda _: None)


def begun(folder: Path, compose: Sequence[str] = (), **answers: object) -> Started:
    cases = app(folder)
    found = cases.survey(compose, "prod")
    given = Answers(project=found.project, environment="prod", registry=found.registry)
    return cases.start(found, replace(given, **answers))  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", TO_EDIT)
def test_a_plan_needs_nothing_but_init(shape: str, tmp_path: Path) -> None:
    folder = project(tmp_path, shape)
    started = begun(folder)
    assert (None, TO_EDIT[shape]) == (started.problem, started.to_edit)
    assert "prod" == app(folder).plan(DeployRequest(env=None)).environment


def test_what_the_compose_files_need_is_declared(tmp_path: Path) -> None:
    folder = project(tmp_path, "several-files")
    begun(folder)
    written = load(folder / "stagecraft.yml").project
    assert {"MYSQL_PASSWORD": "dotenv", "ROOT_PW": "env"} == {
        name: next(iter(source.model_dump())) for name, source in written.secrets.items()
    }
    assert {
        "ADMINER_PORT": "8080",
        "GHOST_VERSION": "5.82",
        "SITE_DOMAIN": "localhost",
        "SITE_URL": "https://blog.example.com",
    } == written.environments["prod"].variables
    assert ("blog", ("compose.yaml", "compose.prod.yaml")) == (written.project, written.compose)


@pytest.mark.parametrize("shape", TO_EDIT)
def test_no_value_of_a_secret_is_written(shape: str, tmp_path: Path) -> None:
    folder = project(tmp_path, shape)
    begun(folder)
    text = (folder / "stagecraft.yml").read_text()
    assert "dev" not in text.replace("`docker", "")
    assert "nextcloud" not in text.replace("services.nextcloud", "")


def test_lines_are_added_to_what_is_there_and_once(tmp_path: Path) -> None:
    folder = project(tmp_path, "web-worker")
    begun(folder)
    (folder / "stagecraft.yml").unlink()
    begun(folder)
    assert "__pycache__/\n.env\n.stagecraft/\n" == (folder / ".gitignore").read_text()
    assert ".stagecraft\n" == (folder / ".dockerignore").read_text()


def test_the_store_is_kept_out_of_a_context_that_is_above_it(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "deploy" / "compose.yml").write_text("services: {web: {build: ..}}\n")
    begun(tmp_path / "deploy")
    assert "deploy/.stagecraft\n" == (tmp_path / ".dockerignore").read_text()


def test_where_the_file_is_already_nothing_is_even_asked(tmp_path: Path) -> None:
    (tmp_path / "stagecraft.yml").symlink_to("elsewhere.yml")
    with pytest.raises(ConfigError, match=r"`stagecraft\.yml` is there already"):
        app(tmp_path).survey((), "prod")


def test_a_file_that_appears_while_questions_are_asked_stays(tmp_path: Path) -> None:
    folder = project(tmp_path, "prebuilt")
    found = app(folder).survey((), "prod")
    (folder / "stagecraft.yml").write_text("mine\n")
    with pytest.raises(ConfigError, match=r"`stagecraft\.yml` is there already"):
        app(folder).start(found, Answers(project="shop", environment="prod"))
    assert "mine\n" == (folder / "stagecraft.yml").read_text()


def test_an_answer_that_cannot_be_leaves_no_file(tmp_path: Path) -> None:
    folder = project(tmp_path, "prebuilt")
    with pytest.raises(ConfigError, match="`project` must be at most 63 lower-case letters"):
        begun(folder, project="No Name")
    assert not (folder / "stagecraft.yml").exists()


def test_what_needs_more_than_values_is_written_and_told(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("services: {web: {image: x, ports: ['${ACCESS_KEY}:80']}}\n")
    started = begun(tmp_path)
    assert (tmp_path / "stagecraft.yml").exists()
    assert started.problem is not None
    assert "secret `ACCESS_KEY` is used where Compose needs a number" in str(started.problem)


def test_without_a_compose_file_there_is_nothing_to_begin_with(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no Compose file in"):
        begun(tmp_path)


def test_a_dotenv_file_that_cannot_be_meant_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("services: {web: {image: 'x:${TAG}'}}\n")
    (tmp_path / ".env").write_text("TAG=$OTHER\n")
    assert (
        "`.env` is not used: .env:1: `TAG` would be interpolated" in app(tmp_path).survey((), "prod").notes[0]
    )


def test_hosts_are_named_after_where_they_are(tmp_path: Path) -> None:
    folder = project(tmp_path, "prebuilt")
    begun(folder, hosts=("deploy@web-1.example.com", "db=ssh://deploy@192.0.2.7:2222", "alias"))
    hosts = load(folder / "stagecraft.yml").project.environments["prod"].hosts
    assert {"web-1": "deploy@web-1.example.com", "db": "ssh://deploy@192.0.2.7:2222", "alias": "alias"} == {
        name: host.ssh for name, host in hosts.items()
    }


def test_hosts_that_are_addresses_keep_them_as_names(tmp_path: Path) -> None:
    folder = project(tmp_path, "prebuilt")
    begun(folder, hosts=("deploy@192.0.2.7",))
    assert ["192.0.2.7"] == list(load(folder / "stagecraft.yml").project.environments["prod"].hosts)


def surveyed(folder: Path, *running: RunningProject) -> Survey:
    return replace(app(folder).survey((), "prod"), running=running)


def test_a_project_that_was_started_here_is_taken_over(tmp_path: Path) -> None:
    folder = project(tmp_path, "prebuilt")
    started_here = RunningProject("cloud", str(folder), frozenset({"db"}))
    elsewhere = RunningProject("other", "/srv/other", frozenset({"db", "nextcloud"}))
    found = surveyed(folder, started_here, elsewhere)
    app(folder).start(found, Answers(project="prebuilt", environment="prod"))
    assert "cloud" == load(folder / "stagecraft.yml").project.environments["prod"].compose_project


@pytest.mark.parametrize(
    ("running", "adopted"),
    [
        (RunningProject("prebuilt", "/moved", frozenset({"db", "nextcloud"})), "prebuilt"),
        (RunningProject("other", "/srv/other", frozenset({"db", "nextcloud"})), None),
        (RunningProject("prebuilt", "/moved", frozenset({"db"})), None),
    ],
)
def test_a_project_elsewhere_is_this_one_only_with_its_name_and_all_services(
    running: RunningProject, adopted: str | None, tmp_path: Path
) -> None:
    assert adopted == surveyed(project(tmp_path, "prebuilt"), running).adopted


def test_projects_are_read_from_a_listing_of_containers() -> None:
    listed = "shop\t/srv/shop\tweb\nshop\t/srv/shop\tdb\nshop\t/srv/shop\tweb\n"
    assert (RunningProject("shop", "/srv/shop", frozenset({"db", "web"})),) == parse(listed)


def test_every_shape_is_one_that_compose_users_know() -> None:
    assert set(TO_EDIT) == {path.name for path in SHAPES.iterdir()}
    assert all(yaml.safe_load(next((SHAPES / shape).glob("*compose.y*ml")).read_text()) for shape in TO_EDIT)
