"""The first `stagecraft.yml`: known values, everything else as a comment from the schema."""

from pathlib import Path
from textwrap import wrap

import pytest
import yaml

from stagecraft.config.keys import Key, keys
from stagecraft.config.load import parsed
from stagecraft.config.reference import ANY
from stagecraft.config.starter import Starter, Value, scalar, text

LEAST = Starter(project="shop", compose=("compose.yml",), environment="prod")
ABOVE = ((), ("environments", ANY))
KEYS = [key for key in keys() if key.path[:-1] in ABOVE]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_every_key_is_there_with_the_description_of_the_schema(key: Key) -> None:
    lines = [line.strip() for line in text(LEAST).splitlines()]
    start = lines.index(f"# {wrap(key.description, 100)[0]}")
    assert [f"# {line}" for line in wrap(key.description, 100)] == lines[start:][
        : len(wrap(key.description, 100))
    ]
    assert any(line.removeprefix("# ").startswith(f"{key.path[-1]}:") for line in lines)


def test_the_least_file_is_valid_and_says_nothing_else() -> None:
    project = parsed(text(LEAST).encode(), Path("stagecraft.yml")).project
    assert {"version", "project", "compose", "environments"} == project.model_fields_set
    assert {"variables"} == project.environments["prod"].model_fields_set


def test_what_is_known_is_written() -> None:
    full = Starter(
        project="shop",
        compose=("compose.yml", "compose.prod.yml"),
        environment="prod",
        registry="registry.example.com/shop",
        secrets=(Value("KEY", "{env: KEY}"),),
        variables=(Value("A", scalar("on"), note="put it right"), Value("B", scalar("b"), commented=True)),
        compose_project="old",
        hosts={"web-1": "ssh://deploy@192.0.2.1:22"},
        profiles=("debug",),
    )
    project = parsed(text(full).encode(), Path("stagecraft.yml")).project
    prod = project.environments["prod"]
    assert (("compose.yml", "compose.prod.yml"), "registry.example.com/shop", ["KEY"]) == (
        project.compose,
        project.registry,
        list(project.secrets),
    )
    assert ({"A": "on"}, "old", "ssh://deploy@192.0.2.1:22", ()) == (
        prod.variables,
        prod.compose_project,
        prod.hosts["web-1"].ssh,
        prod.profiles,
    )


@pytest.mark.parametrize(
    "value", ["", "on", "No", "1.10", "0755", "a b", "a: b", "#x", "é\n\t", "'\"\\", "-", "null", "x" * 200]
)
def test_text_stays_text(value: str) -> None:
    assert {"a": value} == yaml.safe_load(f"a: {scalar(value)}\n")
