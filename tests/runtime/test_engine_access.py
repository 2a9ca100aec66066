"""The only environment in which Docker is ever started."""

from pathlib import Path

import pytest

from stagecraft.errors import ConfigError
from stagecraft.runtime.engine_access import EngineAccess

AMBIENT = {
    "PATH": "/usr/bin",
    "HOME": "/home/ada",
    "DOCKER_HOST": "tcp://engine:2375",
    "COMPOSE_REMOVE_ORPHANS": "1",
    "DATABASE_PASSWORD": "ambient",
}


def test_only_what_addresses_the_engine_is_taken_from_the_environment() -> None:
    expected = {"PATH": "/usr/bin", "DOCKER_CONFIG": "/home/ada/.docker", "DOCKER_HOST": "tcp://engine:2375"}

    assert expected == EngineAccess.of(AMBIENT).environment()


def test_a_relative_configuration_folder_becomes_absolute() -> None:
    access = EngineAccess.of({"DOCKER_CONFIG": "here"})

    assert str(Path.cwd() / "here") == access.environment()["DOCKER_CONFIG"]


def test_a_context_chosen_by_the_user_is_kept() -> None:
    assert "rootless" == EngineAccess.of({"DOCKER_CONTEXT": "rootless"}).environment()["DOCKER_CONTEXT"]


def test_declared_values_are_added() -> None:
    access = EngineAccess.of(AMBIENT)

    assert "hunter2" == access.environment({"DATABASE_PASSWORD": "hunter2"})["DATABASE_PASSWORD"]


def test_a_value_that_would_steer_docker_is_refused() -> None:
    with pytest.raises(ConfigError, match="`DOCKER_HOST` cannot be the name"):
        EngineAccess.of(AMBIENT).environment({"DOCKER_HOST": "tcp://elsewhere"})


def test_another_engine_is_addressed_by_its_host_alone() -> None:
    access = EngineAccess.of({**AMBIENT, "DOCKER_CONTEXT": "rootless", "DOCKER_TLS_VERIFY": "1"})

    expected = {
        "PATH": "/usr/bin",
        "DOCKER_CONFIG": "/home/ada/.docker",
        "DOCKER_HOST": "unix:///run/w1.sock",
    }

    assert expected == access.at("unix:///run/w1.sock").environment()


@pytest.mark.parametrize(
    ("expected", "variables"),
    [
        ("/var/run/docker.sock", {}),
        ("/run/user/1000/docker.sock", {"DOCKER_HOST": "unix:///run/user/1000/docker.sock"}),
        ("/var/run/docker.sock", {"DOCKER_CONTEXT": "default"}),
        (None, {"DOCKER_HOST": "tcp://engine:2375"}),
        (None, {"DOCKER_HOST": "ssh://engine"}),
        (None, {"DOCKER_CONTEXT": "rootless"}),
    ],
)
def test_the_socket_is_known_where_docker_would_take_one(
    expected: str | None, variables: dict[str, str]
) -> None:
    found = EngineAccess.of(variables).socket()

    assert expected == (str(found) if found else None)


@pytest.mark.parametrize(
    ("known", "config"),
    [
        (True, '{"auths": {}}'),
        (True, '{"currentContext": "default"}'),
        (True, '{"currentContext": ""}'),
        (False, '{"currentContext": "colima"}'),
        (False, "{"),
        (False, "[]"),
    ],
)
def test_the_context_that_the_user_chose_for_good_counts(tmp_path: Path, known: bool, config: str) -> None:
    (tmp_path / "config.json").write_text(config)

    assert known is (EngineAccess.of({"DOCKER_CONFIG": str(tmp_path)}).socket() is not None)
