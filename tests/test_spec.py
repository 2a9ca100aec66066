"""The pages under spec/ say what the code does: nothing is undocumented, nothing documented is gone."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
import yaml

from stagecraft import errors
from stagecraft.cli.main import root_of
from stagecraft.model.events import Event
from stagecraft.model.header import Header

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "spec"
FEATURES: list[dict[str, Any]] = yaml.safe_load((SPEC / "features.yaml").read_text())
FREE = {"spec/facts.md"}
"""Pages that describe no feature."""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command that does something, with its path."""
    inner = getattr(command, "commands", None)
    if inner is None or (path and command.invoke_without_command):
        yield path, command
    for name, child in (inner or {}).items():
        yield from commands(child, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(root_of())))


def page_of(path: tuple[str, ...]) -> str:
    return (SPEC / "commands" / f"{path[0]}.md").read_text()


@pytest.mark.parametrize("feature", FEATURES, ids=[feature["feature"] for feature in FEATURES])
def test_a_feature_has_a_page_and_tests(feature: dict[str, Any]) -> None:
    missing = [name for name in (feature["page"], *feature["tests"]) if not (ROOT / name).exists()]
    assert [] == missing
    assert feature["tests"]


def test_every_page_belongs_to_a_feature() -> None:
    pages = {str(page.relative_to(ROOT)) for page in SPEC.rglob("*.md") if page.parent.name != "decisions"}
    assert set() == pages - FREE - {feature["page"] for feature in FEATURES}


def test_every_link_between_pages_leads_somewhere() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in SPEC.rglob("*.md")
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert [] == dead


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_command_and_its_options_are_documented(path: tuple[str, ...]) -> None:
    page = page_of(path)
    options = [name for option in COMMANDS[path].params for name in option.opts if name.startswith("-")]
    missing = [name for name in options if name != "--help" and not re.search(rf"{name}(?![\w-])", page)]
    assert [] == missing
    assert all(f"`{word}" in page for word in path[1:])


@pytest.mark.parametrize("name", sorted({path[0] for path in COMMANDS}))
def test_a_documented_option_exists(name: str) -> None:
    known = {
        option
        for path, command in COMMANDS.items()
        if path[0] == name
        for param in command.params
        for option in param.opts
    }
    rows = [line for line in page_of((name,)).splitlines() if line.startswith("| `-")]
    documented = {
        option for row in rows for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row.split(" | ")[0])
    }
    assert set() == documented - known


def test_every_error_class_and_its_exit_code_is_documented() -> None:
    page = (SPEC / "exit-codes.md").read_text()
    documented = {
        (name, int(code))
        for code, names in re.findall(r"^\| (\d+) \| (.*?) \|", page, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", names)
    }
    classes = inspect.getmembers(
        errors, lambda member: inspect.isclass(member) and member.__module__ == errors.__name__
    )
    defined = {(name, kind.exit_code) for name, kind in classes if name != "InterruptedRunError"}
    assert defined == documented - {("InterruptedRunError", 129)}


def test_every_event_and_its_keys_are_documented() -> None:
    page = (SPEC / "json.md").read_text()
    for event in get_args(Event):
        name = event.model_fields["event"].default
        row = re.search(rf"^\| `{name}` \| (.*) \|$", page, re.MULTILINE)
        assert row, name
        keys = set(re.findall(r"\w+", row.group(1).split("`")[1]))
        assert set(event.model_fields) - {"event", "at"} == keys, name


def test_every_field_of_a_header_is_documented_or_internal() -> None:
    page = (SPEC / "json.md").read_text().partition("## `plan")[0]
    assert {"rollout", "undone", "partial"} == {
        field.name for field in fields(Header) if not re.search(rf"\b{field.name}\b", page)
    }
