import os
import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.config import keys
from stagecraft.config.find import find
from stagecraft.config.load import Loaded, load
from stagecraft.config.selection import select
from stagecraft.errors import ConfigError

ROOT = Path(__file__).parents[2]
LEAST = "version: 1\nproject: shop\nenvironments:\n  prod: {}\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "stagecraft.yml"
    path.write_text(text)
    return path


def refused(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(write(folder, text))
    return caught.value


def said(error: ConfigError) -> str:
    return f"{error}\n({error.hint})\n" if error.hint else f"{error}\n"


def examples() -> dict[str, str]:
    page = (ROOT / "spec" / "config.md").read_text()
    return dict(re.findall(r"<!-- example: (\w+) -->\n```yaml\n(.*?)```", page, re.DOTALL))


def test_the_complete_example_of_the_reference_is_valid_and_names_every_key(tmp_path: Path) -> None:
    text = examples()["complete"]
    project = load(write(tmp_path, text)).project
    assert set(type(project).model_fields) == project.model_fields_set
    prod = project.environments["prod"]
    both = prod.model_fields_set | project.environments["demo"].model_fields_set
    assert set(type(prod).model_fields) == both
    assert set(type(prod.timeouts).model_fields) == prod.timeouts.model_fields_set


def test_the_defaults_in_the_example_are_the_defaults(tmp_path: Path) -> None:
    complete = load(write(tmp_path, examples()["complete"])).project.environments["prod"]
    least = load(write(tmp_path, examples()["least"])).project.environments["prod"]
    assert (least.timeouts, least.health_timeout) == (complete.timeouts, complete.health_timeout)


def test_the_demo_shop_is_valid() -> None:
    assert "shop" == load(ROOT / "testdata" / "shop" / "stagecraft.yml").project.project


BASE = "version: 1\nproject: shop\n"
IN_PROD = BASE + "environments:\n  prod:\n    "
MISTAKES = (
    "- a\n",
    BASE,
    BASE + "environments: {}\n",
    BASE + "environments:\n  prod:\n",
    BASE + "environments:\n  Prod: {}\n",
    BASE + "environments:\n  prod-1: {}\n",
    BASE.replace("1", "2") + "environments: {prod: {}}\n",
    BASE.replace("shop", "1") + "environments: {prod: {}}\n",
    LEAST + "enviroments: {}\n",
    LEAST + "x: 1\n",
    LEAST + "retain: 0\n",
    LEAST + "retain: true\n",
    LEAST + "require_clean: yes\n",
    LEAST + "compose: []\n",
    LEAST + "compose:\n- a.yml\n- /b.yml\n",
    LEAST + "registry: https://r.example.com/shop\n",
    LEAST + "roles:\n  web: {services: []}\n",
    LEAST + "roles:\n  web: {services: [a, a]}\n",
    LEAST + "roles:\n  web: [a]\n",
    LEAST + "secrets:\n  A: {env: A, dotenv: b}\n",
    LEAST + "secrets:\n  A: {vault: x}\n",
    LEAST + "secrets:\n  A: s3cret\n",
    LEAST + "secrets:\n  A: {env: 'a b'}\n",
    LEAST + "secrets:\n  A: {dotenv: ''}\n",
    LEAST + "secrets:\n  A: {command: op}\n",
    LEAST + "secrets:\n  A:\n    command:\n    - op\n    - 1\n",
    LEAST + "secrets:\n  PATH: {env: A}\n",
    IN_PROD + "health_timout: 2m\n",
    IN_PROD + "health_timeout: 16m\n",
    IN_PROD + "timeouts: {buld: 2m}\n",
    IN_PROD + "timeouts: {build: soon}\n",
    IN_PROD + "timeouts: {build: 0}\n",
    IN_PROD + "profiles: debug\n",
    IN_PROD + "protected: yes\n",
    IN_PROD + "compose_project: Shop\n",
    IN_PROD + "variables: {A: null}\n",
    IN_PROD + "variables: {1A: x}\n",
    IN_PROD + "variables: {COMPOSE_FILE: x}\n",
    IN_PROD + "variables: {A: x}\nsecrets:\n  A: {env: A}\n",
)


def test_each_mistake_is_shown_with_line_key_and_hint(tmp_path: Path, golden: SnapshotAssertion) -> None:
    """Read the golden file as the catalogue of these messages."""
    pages = []
    for text in MISTAKES:
        error = refused(tmp_path, text)
        assert error.exit_code == 2
        pages.append(f"{text}---\n{said(error)}")
    assert golden == "\n".join(pages)


@pytest.mark.parametrize("text", MISTAKES)
def test_a_key_that_a_hint_says_is_explained_is_explained(text: str, tmp_path: Path) -> None:
    told = re.fullmatch("`stagecraft docs (.+)` explains it", refused(tmp_path, text).hint)
    assert told is None or keys.find(told[1], keys.keys()).description


def test_all_mistakes_are_listed_by_line(tmp_path: Path, golden: SnapshotAssertion) -> None:
    text = """\
version: 1
projekt: shop
retain: ten
secrets:
  A: {env: A, vault: b}
  B: {command: [1]}
environments:
  prod:
    protected: maybe
    health_timout: 2m
  prod-2: {variables: {A: [1]}}
"""
    assert golden == said(refused(tmp_path, text))


def test_the_value_of_a_mistaken_secret_is_not_repeated(tmp_path: Path) -> None:
    for text in (
        "secrets:\n  A: c4nary\n",
        "secrets: {A: {c4nary: x, y: z}}\n",
        "secrets: {A: {env: 'c4nary '}}\n",
    ):
        assert "c4nary" not in said(refused(tmp_path, LEAST + text))


def test_a_mistake_in_an_anchor_is_shown_where_it_is_written(tmp_path: Path) -> None:
    text = LEAST.replace("  prod: {}", "  prod: &p\n    retries: 1\n  demo:\n    <<: *p")
    lines = str(refused(tmp_path, text)).splitlines()
    assert ["stagecraft.yml:5", "stagecraft.yml:5"] == [line.split(": ")[0] for line in lines]


def test_the_same_file_gives_the_same_project_and_places_say_lines(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, LEAST))
    assert loaded == load(write(tmp_path, LEAST))
    assert "stagecraft.yml:4" == loaded.place("environments", "prod", "variables", "X")
    assert "stagecraft.yml" == loaded.place("roles")


def test_a_file_that_cannot_be_read_is_a_configuration_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "stagecraft.yml")
    with pytest.raises(ConfigError, match="is not a file"):
        load(tmp_path / "stagecraft.yml")
    with pytest.raises(ConfigError, match="is not a file"):
        load(tmp_path)
    with pytest.raises(ConfigError, match="is not a file"):
        load(tmp_path / "none.yml")


class TestFind:
    def test_takes_the_file_in_the_working_directory(self, tmp_path: Path) -> None:
        assert write(tmp_path, LEAST) == find(tmp_path)

    def test_takes_an_explicit_file(self, tmp_path: Path) -> None:
        (tmp_path / "other.yml").touch()
        assert tmp_path / "other.yml" == find(tmp_path, Path("other.yml"))

    def test_does_not_search_above_but_says_what_is_there(self, tmp_path: Path) -> None:
        write(tmp_path, LEAST)
        (tmp_path / "web").mkdir()
        with pytest.raises(ConfigError) as caught:
            find(tmp_path / "web")
        assert f"there is one above: `cd {tmp_path}`, or name it with `--config`" == caught.value.hint

    def test_names_the_other_spelling(self, tmp_path: Path) -> None:
        (tmp_path / "stagecraft.yaml").touch()
        with pytest.raises(ConfigError) as caught:
            find(tmp_path)
        assert (
            "rename `stagecraft.yaml` to `stagecraft.yml`, or add `--config stagecraft.yaml`"
            == caught.value.hint
        )

    def test_says_what_is_wrong_with_an_explicit_one(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"configuration file `x\.yml` is not there"):
            find(tmp_path, Path("x.yml"))
        with pytest.raises(ConfigError, match=r"configuration file `\.` is not a file"):
            find(tmp_path, Path())


class TestComposeFiles:
    def test_are_those_that_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "b.yml").touch()
        assert ("b.yml",) == load(write(tmp_path, LEAST + "compose: b.yml\n")).compose_files()

    def test_are_the_one_that_docker_compose_would_take(self, tmp_path: Path) -> None:
        loaded = load(write(tmp_path, LEAST))
        for name in ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"):
            (tmp_path / name).touch()
            assert (name,) == loaded.compose_files()

    def test_have_to_be_there(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"^stagecraft.yml:5: Compose file `b.yml` is not there$"):
            load(write(tmp_path, LEAST + "compose: b.yml\n")).compose_files()
        with pytest.raises(ConfigError, match="there is no Compose file"):
            load(write(tmp_path, LEAST)).compose_files()


class TestVariables:
    def loaded(self, folder: Path) -> Loaded:
        text = LEAST.replace("{}", "\n    variables: {A: own}\n    variables_file: prod.env")
        return load(write(folder, text + "secrets: {KEY: {env: KEY}}\n"))

    def test_in_the_file_win_over_those_of_the_variables_file(self, tmp_path: Path) -> None:
        (tmp_path / "prod.env").write_text("A=file\nB=file\n")
        loaded = self.loaded(tmp_path)
        assert {"A": "own", "B": "file"} == loaded.variables(select(loaded.project, "prod"))

    def test_cannot_be_a_secret_too(self, tmp_path: Path) -> None:
        (tmp_path / "prod.env").write_text("KEY=c4nary\n")
        loaded = self.loaded(tmp_path)
        with pytest.raises(ConfigError) as caught:
            loaded.variables(select(loaded.project, "prod"))
        assert "prod.env: `KEY` is a secret, so it cannot be a variable too" == str(caught.value)

    def test_from_a_file_that_is_not_there_are_an_error_with_its_line(self, tmp_path: Path) -> None:
        loaded = self.loaded(tmp_path)
        with pytest.raises(ConfigError) as caught:
            loaded.variables(select(loaded.project, "prod"))
        assert "stagecraft.yml:6: file `prod.env` is not there" == str(caught.value)
