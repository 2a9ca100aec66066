"""The reader against the real program, in both Compose versions."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stagecraft.errors import ConfigError, UnavailableError
from stagecraft.model.source import EnvFile
from stagecraft.runtime.compose import find_compose
from tests.compose.cases import (
    CASES,
    PROJECT,
    ROOT,
    Case,
    case,
    read,
    read_text,
    second_compose,
    this_compose,
)

CANARY = "never-in-a-text"


@pytest.fixture(scope="module", params=["here", "second"])
def compose(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return this_compose() if request.param == "here" else (second_compose(),)


def refused(text: str, folder: Path, compose: tuple[str, ...], **given: object) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_text(text, folder, compose, **given)
    return caught.value


def test_the_versions_differ_and_are_named(tmp_path: Path) -> None:
    text = "services: {web: {image: web}}"
    versions = [
        read_text(text, tmp_path, command).compose_version
        for command in (this_compose(), (second_compose(),))
    ]
    assert len(versions) == len(set(versions))
    assert [True, True] == [version[:1].isdigit() for version in versions]


def test_the_plugin_in_the_home_folder_comes_first(tmp_path: Path) -> None:
    plugin = tmp_path / ".docker" / "cli-plugins" / "docker-compose"
    plugin.parent.mkdir(parents=True)
    plugin.write_text("")
    plugin.chmod(0o755)
    assert (str(plugin),) == find_compose(tmp_path)


def test_undeclared_names_are_one_error_with_their_places(tmp_path: Path, compose: tuple[str, ...]) -> None:
    error = refused(
        "services:\n  web:\n    image: web:${TAG}\n    command: [$LEVEL, $$TAG, '${OTHER:-x}']\n",
        tmp_path,
        compose,
    )
    assert "`LEVEL` (compose.yml:4), `TAG` (compose.yml:3) are not declared" == error.message


def test_an_undeclared_name_is_found_in_an_included_file(tmp_path: Path, compose: tuple[str, ...]) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "more.yml").write_text("services:\n  more:\n    image: more:${TAG}\n")
    error = refused("include: [part/more.yml]\nservices: {web: {image: web}}\n", tmp_path, compose)
    assert "part/more.yml:3: `TAG` is not declared" == str(error)


@pytest.mark.parametrize("ambient", ["PWD", "HOME", "HOSTNAME", "PATH"])
def test_what_the_machine_would_supply_is_undeclared(
    ambient: str, tmp_path: Path, compose: tuple[str, ...]
) -> None:
    error = refused(f"services: {{web: {{image: web, labels: {{a: '${{{ambient}}}'}}}}}}", tmp_path, compose)
    assert f"`{ambient}` is not declared" == error.message


def test_a_default_is_used_for_an_undeclared_name(tmp_path: Path, compose: tuple[str, ...]) -> None:
    source = read_text("services: {web: {image: 'web:${TAG:-7}${NONE-}'}}", tmp_path, compose)
    assert "web:7" == source.model["services"]["web"]["image"]


@pytest.mark.parametrize(
    "text",
    [
        "services: {web: {image: web, environment: [TERM]}}",
        "services: {web: {image: web, environment: {TERM: }}}",
        "services: {web: {image: web, secrets: [s]}}\nsecrets: {s: {environment: TERM}}",
        "services: {web: {image: web, configs: [s]}}\nconfigs: {s: {environment: TERM}}",
    ],
)
def test_a_bare_name_is_never_taken_from_whoever_deploys(
    text: str, tmp_path: Path, compose: tuple[str, ...]
) -> None:
    assert "`TERM` is not declared" == refused(text, tmp_path, compose).message


@pytest.mark.parametrize(
    "field",
    [
        "ports: ['${KEY}:80']",
        "deploy: {replicas: '${KEY}'}",
        "stop_grace_period: '${KEY}'",
        "shm_size: '${KEY}'",
        "read_only: '${KEY}'",
    ],
)
def test_a_secret_in_a_typed_field_is_named_and_its_token_is_not_shown(
    field: str, tmp_path: Path, compose: tuple[str, ...]
) -> None:
    error = refused(f"services:\n  web: {{image: web, {field}}}\n", tmp_path, compose, secrets=["KEY"])
    assert (
        "compose.yml:2: secret `KEY` is used where Compose needs a number, a size, a duration or a boolean"
        == str(error)
    )


def test_a_secret_in_a_path_is_refused(tmp_path: Path, compose: tuple[str, ...]) -> None:
    text = "services: {web: {image: web, env_file: '${KEY}.env'}}"
    error = refused(text, tmp_path, compose, secrets=["KEY"])
    assert "secret `KEY` is used in the path `${KEY}.env`" == error.message


def test_compose_says_in_its_own_words_what_is_wrong(tmp_path: Path, compose: tuple[str, ...]) -> None:
    error = refused("services: {web: {image: web, portz: []}}", tmp_path, compose)
    assert error.message.startswith("`docker compose config` refuses the Compose file: ")
    assert "portz" in error.message
    assert 2 == error.exit_code


def test_the_env_file_of_the_folder_is_not_read(tmp_path: Path, compose: tuple[str, ...]) -> None:
    (tmp_path / ".env").write_text("TAG=5\nCOMPOSE_PROFILES=debug\n")
    assert (
        "`TAG` is not declared"
        == refused("services: {web: {image: 'web:${TAG}'}}", tmp_path, compose).message
    )


@pytest.mark.parametrize("included", ["part/more.yml", "more.yml", "{path: part/more.yml}"])
def test_an_include_beside_an_undeclared_env_file_is_refused(
    included: str, tmp_path: Path, compose: tuple[str, ...]
) -> None:
    for folder in (tmp_path, tmp_path / "part"):
        folder.mkdir(exist_ok=True)
        (folder / ".env").write_text("TAG=5\n")
        (folder / "more.yml").write_text("services: {more: {image: 'more:${TAG:-1}'}}")
    error = refused(f"include: [{included}]\nservices: {{web: {{image: web}}}}", tmp_path, compose)
    assert re.fullmatch(
        r"including `(part/)?more\.yml` would read `(part/)?\.env`, which nothing declares", error.message
    )


def test_relative_paths_of_a_second_file_start_at_the_project_folder(
    tmp_path: Path, compose: tuple[str, ...]
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "compose.yml").write_text("services: {web: {image: web}}")
    (tmp_path / "sub" / "second.yml").write_text(
        "include: [more.yml]\nservices: {web: {extends: {file: base.yml, service: base}}}"
    )
    (tmp_path / "more.yml").write_text("services: {more: {image: more}}")
    (tmp_path / "base.yml").write_text("services: {base: {image: base, hostname: '${TAG}'}}")
    two = Case(what="", folder=tmp_path, files=("compose.yml", "sub/second.yml"), variables={"TAG": "h"})
    source = read(two, compose)
    assert ["more", "web"] == sorted(source.model["services"])
    assert ("compose.yml", "sub/second.yml", "more.yml", "base.yml") == source.paths


def test_an_include_that_names_its_env_file_is_read(tmp_path: Path, compose: tuple[str, ...]) -> None:
    (tmp_path / ".env").write_text("TAG=5\n")
    (tmp_path / "more.yml").write_text("services: {more: {image: 'more:${TAG}'}}")
    source = read_text("include: [{path: more.yml, env_file: .env}]", tmp_path, compose)
    assert "more:5" == source.model["services"]["more"]["image"]


@pytest.mark.parametrize(
    "remote", ["https://example.com/x.git", "oci://example.com/x", "git@example.com:x.git"]
)
def test_a_plan_needs_no_network(remote: str, tmp_path: Path, compose: tuple[str, ...]) -> None:
    error = refused(f"include: ['{remote}']", tmp_path, compose)
    assert f"`{remote}` is not a local file with declared variables only" == error.message


def test_a_missing_file_is_named(tmp_path: Path, compose: tuple[str, ...]) -> None:
    error = refused("include: [gone.yml]", tmp_path, compose)
    assert "compose.yml: cannot read the Compose file `gone.yml`: No such file or directory" == str(error)


@pytest.mark.parametrize("name", ["COMPOSE_PROFILES", "DOCKER_HOST"])
def test_a_variable_cannot_steer_docker(name: str, tmp_path: Path, compose: tuple[str, ...]) -> None:
    error = refused("services: {web: {image: web}}", tmp_path, compose, variables={name: "x"})
    assert f"`{name}` cannot be a variable or a secret: it would steer Docker itself" == error.message


def test_env_file_references_are_kept_and_their_values_are_not(compose: tuple[str, ...]) -> None:
    source = read(case("extends"), compose)
    expected = (EnvFile("base/base.env"), EnvFile("web.env"))
    assert {"admin": expected, "web": expected} == source.env_files
    assert CANARY not in json.dumps(source.model)


def test_values_are_kept_out_however_the_key_is_written(tmp_path: Path, compose: tuple[str, ...]) -> None:
    (tmp_path / "web.env").write_text(f"KEY={CANARY}\n")
    text = 'services: {web: {image: web, "env\\u005ffile": web.env}}'

    source = read_text(text, tmp_path, compose)

    assert {"web": (EnvFile("web.env"),)} == source.env_files
    assert CANARY not in str(source)


def test_an_env_file_need_not_exist_to_make_a_plan(tmp_path: Path, compose: tuple[str, ...]) -> None:
    source = read_text("services: {web: {image: web, env_file: gone.env}}", tmp_path, compose)
    assert {"web": (EnvFile("gone.env"),)} == source.env_files


def test_an_unreadable_config_is_named(tmp_path: Path, compose: tuple[str, ...]) -> None:
    text = "services: {web: {image: web, configs: [c]}}\nconfigs: {c: {file: gone.txt}}"
    assert "configs.c.file: cannot read `gone.txt` of config `c`: No such file or directory" == str(
        refused(text, tmp_path, compose)
    )


def test_no_compose_at_all_is_something_missing_outside(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        read_text("services: {web: {image: web}}", tmp_path, (str(tmp_path / "docker-compose"),))
    assert 3 == caught.value.exit_code


PROGRAM = """
import sys
from pathlib import Path
from tests.compose.cases import case, goldens, this_compose
for name in ("everything", "secret-inside", "bare-environment", "include", "file-configs", "build-keys"):
    for file, text in goldens(case(name, Path(sys.argv[1]) / name), this_compose()).items():
        print(name, file, text)
"""


def test_the_same_tree_gives_the_same_bytes_anywhere(tmp_path: Path) -> None:
    seen = set()
    for number, seed in enumerate(("0", "1", "4242")):
        copy = tmp_path / f"copy{number}" / ("deep/" * number)
        shutil.copytree(CASES, copy)
        _as_another_umask_would(copy, 0o077 if number else 0o002)
        hostile = {
            "LEVEL": f"no{number}",
            "API_KEY": "no",
            "PORT": "1",
            "SIZE": "9",
            "COMPOSE_PROFILES": "debug",
        }
        hostile |= {
            "COMPOSE_FILE": "/dev/null",
            "COMPOSE_PROJECT_NAME": "no",
            "LC_ALL": "C",
            "TZ": "Asia/Tokyo",
        }
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(copy)],
            env={
                **hostile,
                "HOME": str(tmp_path / f"home{number}"),
                "PATH": os.environ["PATH"],
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": str(ROOT),
                "PYTHONUTF8": "1",
            },
            cwd=copy,
            capture_output=True,
            check=False,
        )
        assert (0, b"") == (run.returncode, run.stderr)
        seen.add(run.stdout)
    assert 1 == len(seen)
    assert PROJECT.encode() in seen.pop()


def _as_another_umask_would(folder: Path, umask: int) -> None:
    """Give every file the mode that Git, which keeps one bit of it, would give it under that umask."""
    for file in folder.rglob("*"):
        if file.is_file():
            file.chmod((0o777 if file.stat().st_mode & 0o100 else 0o666) & ~umask)
