import pytest
from pydantic import ValidationError

from stagecraft.config.project import Environment, EnvironmentKeys, Project, Role, Timeouts
from stagecraft.config.registry import LocalRegistry
from stagecraft.config.sources import CommandSource, DotenvSource, EnvSource
from stagecraft.model.phase import Phase


def project(**keys: object) -> Project:
    return Project.model_validate({"version": 1, "project": "shop", "environments": {"prod": {}}, **keys})


def test_every_phase_has_a_deadline() -> None:
    assert list(Phase) == list(Timeouts().by_phase())
    assert set(Timeouts.model_fields) == {phase.value for phase in Phase}


def test_every_key_is_described() -> None:
    models = (Project, EnvironmentKeys, Role, Timeouts, LocalRegistry, EnvSource, DotenvSource, CommandSource)
    assert [] == [key for model in models for key, it in model.model_fields.items() if not it.description]


def test_an_environment_is_its_keys_a_name_and_a_compose_project() -> None:
    assert {"name"} == Environment.model_fields.keys() - EnvironmentKeys.model_fields.keys()


def test_variables_become_text() -> None:
    keys = EnvironmentKeys.model_validate({"variables": {"A": True, "B": False, "C": -3, "D": "x", "E": ""}})
    assert {"A": "true", "B": "false", "C": "-3", "D": "x", "E": ""} == keys.variables


def test_each_source_of_a_secret_is_told_from_the_others() -> None:
    sources = {"A": {"env": "X"}, "B": {"dotenv": "f"}, "C": {"command": ["op", "read"]}}
    expected = {
        "A": EnvSource(env="X"),
        "B": DotenvSource(dotenv="f"),
        "C": CommandSource(command=("op", "read")),
    }
    assert expected == project(secrets=sources).secrets


def test_a_project_survives_being_written_down() -> None:
    before = project(secrets={"A": {"env": "X"}}, compose="c.yml", roles={"web": {"services": ["a"]}})
    assert before == Project.model_validate_json(before.model_dump_json())


def test_a_project_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        project().retain = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    "registry",
    ["localhost:5000/shop", "registry.example.com", "shop", "[::1]:5000/a", "a.b/c/d_e/f-g", "a__b"],
)
def test_a_registry_is_the_front_of_an_image_reference(registry: str) -> None:
    assert registry == project(registry=registry).registry


@pytest.mark.parametrize(
    "registry",
    [
        "https://r/x",
        "r/x/",
        "r/x:1",
        "me:pw@r/x",
        "r/X",
        "r//x",
        "",
        " r",
        "r\n",
        "r/x@sha256:0",
        "r/a___b",
        "r:123456/x",
    ],
)
def test_anything_else_is_not_a_registry(registry: str) -> None:
    with pytest.raises(ValidationError):
        project(registry=registry)


def test_a_run_s_own_registry_has_a_port_that_can_be_chosen() -> None:
    assert LocalRegistry(local=5055) == project(registry="local").registry
    assert LocalRegistry(local=5056) == project(registry={"local": 5056}).registry
    assert "localhost:5055/shop" == LocalRegistry(local=5055).address("shop")


@pytest.mark.parametrize(
    "registry", [{"local": 0}, {"local": 65536}, {"local": "5055"}, {}, {"remote": 1}, 5055]
)
def test_what_is_no_port_is_refused(registry: object) -> None:
    with pytest.raises(ValidationError):
        project(registry=registry)


@pytest.mark.parametrize(
    "name", ["Shop", "-shop", "_shop", "", "shöp", "a b", "a.b", "a/b", "shop\n", "x" * 64]
)
def test_a_project_name_has_to_be_one_for_compose(name: str) -> None:
    with pytest.raises(ValidationError):
        project(project=name)


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "COMPOSE_PROFILES", "DOCKER_HOST", "LD_PRELOAD", "BUILDX_BUILDER"]
)
def test_neither_a_secret_nor_a_variable_may_steer_docker(name: str) -> None:
    with pytest.raises(ValidationError, match="steers the programs"):
        project(secrets={name: {"env": "X"}})
    with pytest.raises(ValidationError, match="steers the programs"):
        EnvironmentKeys.model_validate({"variables": {name: "x"}})
