"""What README, reference and error messages tell people to type is understood by the command line."""

import json
import re
import shlex
from pathlib import Path
from typing import get_args

import pytest
import yaml

from stagecraft.app import ReleaseDifference
from stagecraft.config.load import parsed
from stagecraft.model.holder import Holder
from stagecraft.model.step import Step
from tests.cli import scenes
from tests.cli.fakes import FakeApp, typed
from tests.cli.grammar import PAGES, understood

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "spec").rglob("*.md"))]
SOURCES = sorted((ROOT / "stagecraft").rglob("*.py"))
ALIASES = {"ship": "deploy --env prod --message"}
"""Those of the examples."""


def typed_in(text: str) -> list[str]:
    """Return every command line of ours: after a prompt, in a line of its own, or between backquotes."""
    blocks = re.findall(r"^(?:\$|    )\s*(stagecraft [^\n]*)", text, re.MULTILINE)
    inline = re.findall(r"`(stagecraft [^`\n]+)`", text)
    return [line for line in (*blocks, *inline) if "→" not in line]


def words(line: str, value: str) -> list[str]:
    """Return the words after `stagecraft`, without what the shell takes and with aliases spelled out.

    `value` stands for what Python puts in the place of `{...}`.
    """
    line = re.split(r" [>|&] | # |; ", re.sub(r"\{[^}]*\}", value, line))[0].removesuffix(" …")
    first, _, rest = line.removeprefix("stagecraft ").partition(" ")
    return shlex.split(f"{ALIASES.get(first, first)} {rest}")


LINES = [
    pytest.param(line, id=f"{path.relative_to(ROOT)}: {line}")
    for path in (*DOCUMENTS, *SOURCES)
    for line in dict.fromkeys(typed_in(path.read_text()))
    if not line.startswith(("stagecraft NAME", "stagecraft LINE", "stagecraft {", "stagecraft COMMAND"))
]


@pytest.mark.parametrize("line", LINES)
def test_a_command_that_people_are_told_to_type_is_understood(line: str) -> None:
    value = "x" if re.search(r"--[a-z-]+ \{|(show|resume) \{", line, re.IGNORECASE) else ""
    typed = words(line, value)
    if tuple(typed) not in PAGES:
        understood(typed)


def test_the_readme_or_a_page_tells_to_type_every_command() -> None:
    told = {tuple(words(line, "x"))[:2] for page in DOCUMENTS for line in typed_in(page.read_text())}
    assert set() == {path[0] for path in PAGES if path} - {words[0] for words in told if words}


def test_the_configuration_in_the_readme_is_valid() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert "shop" == parsed(blocks[0].encode(), Path("stagecraft.yml")).project.project


def test_every_script_that_is_named_is_there() -> None:
    named = {
        name for page in DOCUMENTS for name in re.findall(r"\bscripts/[a-z][a-z./-]*[a-z]", page.read_text())
    }
    assert [] == [name for name in sorted(named) if not (ROOT / name).exists()]


def test_every_block_of_yaml_can_be_read() -> None:
    for page in DOCUMENTS:
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
            assert yaml.safe_load(block) is not None, page.name


NAMED = {
    "images",
    "hosts",
    "texts",
    "variables",
    "running",
    "services",
    "strategies",
    "given",
    "files",
    "timeouts",
}
"""Keys whose values are mappings with names of the project as keys."""


def fields(value: object, *, names: bool = False) -> set[str]:
    """Return every key of a JSON value, without those that are names of the project."""
    if isinstance(value, list):
        return {found for item in value for found in fields(item)}
    if not isinstance(value, dict):
        return set()
    below = {found for key, item in value.items() for found in fields(item, names=key in NAMED and not names)}
    return below if names else below | set(value)


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("releases list", "`releases list --format json`"),
        ("releases show demo-2", "`releases show ID --format json`"),
        ("plan --env demo", "`plan --format json`, `plan --out FILE`"),
        ("releases diff demo-1 demo-2", "`releases diff A B --format json`"),
        ("lock show", "`lock show --format json`"),
    ],
)
def test_every_field_of_the_json_is_documented(line: str, title: str) -> None:
    page = (ROOT / "spec" / "json.md").read_text()
    holder = Holder(actor="ada@laptop", pid=7, since=scenes.START, release="demo-2", phase="rollout")
    differs = ReleaseDifference("a", "b", {"local": ""}, {"web": ("a", "b")}, {"X": ("1", "2")})
    app = FakeApp(known=(scenes.completed(),), current_id="demo-2", held_by=holder, differs=differs)
    printed = json.loads(typed([*line.split(), "--format", "json"], app).out)
    section = re.search(rf"## {re.escape(title)}\n(.*?)(?=\n## |\Z)", page, re.DOTALL)
    assert section is not None
    documented = page if "show" in line else section[1]
    missing = {name for name in fields(printed) if not re.search(rf"(?<!\w){name}(?!\w)", documented)}
    assert set() == missing


def test_every_field_of_every_kind_of_step_is_documented() -> None:
    page = (ROOT / "spec" / "json.md").read_text()
    steps = get_args(get_args(Step)[0])
    names = {name for step in steps for name in step.model_fields} | {step.__name__.lower() for step in steps}
    assert set() == {name for name in names if not re.search(rf"(?<!\w){name}(?!\w)", page)}
