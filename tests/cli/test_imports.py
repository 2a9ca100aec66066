"""What a command imports: help and lists stay instant (issue 2, how it is checked)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stagecraft.store.codec import encode
from tests.cli.scenes import completed

ROOT = Path(__file__).parents[2]
PROBE = """
import json, sys
from stagecraft.cli.main import main
sys.argv = ["stagecraft", *json.loads(sys.argv[1])]
try:
    main()
except SystemExit as end:
    code = end.code
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def imported(*arguments: str, cwd: Path = ROOT) -> tuple[int, set[str]]:
    """Return the exit code of a command line and every module its process imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return code, set(modules)


def roots(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("line", ["--help", "--version", "deploy --help", "releases list --help"])
def test_help_imports_nothing_that_draws_or_acts(line: str) -> None:
    code, modules = imported(*line.split())
    assert 0 == code
    assert set() == {"rich", "yaml", "filelock", "python_on_whales"} & roots(modules)
    walls = {"app", "config", "compose", "engine", "migrators", "phases", "store"}
    assert set() == {f"stagecraft.{name}" for name in walls} & modules


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with 1,000 releases."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "compose.yml").write_text("services: {web: {image: busybox}}\n")
    (folder / "stagecraft.yml").write_text(
        "version: 1\nproject: shop\ncompose: compose.yml\nenvironments: {demo: {}}\n"
    )
    (folder / ".stagecraft" / "demo" / "releases").mkdir(parents=True)
    for number in range(1, 1001):
        record = encode(completed(number), revision=9, owner="a")
        (folder / ".stagecraft" / "demo" / "releases" / f"{number:06d}.json").write_bytes(record)
    return folder


def test_a_list_of_releases_imports_nothing_that_draws_or_acts(project: Path) -> None:
    code, modules = imported("releases", "list", cwd=project)
    assert 0 == code
    assert set() == {"rich", "python_on_whales", "filelock", "pydantic", "yaml"} & roots(modules)
    assert set() == {"stagecraft.phases", "stagecraft.migrators"} & modules


def test_a_list_of_a_known_environment_imports_headers_and_no_configuration(project: Path) -> None:
    code, modules = imported("releases", "list", "--env", "demo", cwd=project)
    assert 0 == code
    assert set() == {"rich", "python_on_whales", "filelock", "pydantic", "yaml"} & roots(modules)
    ours = {name for name in modules if name.startswith("stagecraft.")}
    assert {"clock", "signals"} == inside("runtime", ours)
    assert {"header", "history", "phase"} == inside("model", ours)
    assert {"find"} == inside("config", ours)
    assert set() == {f"stagecraft.{name}" for name in ("compose", "engine", "phases")} & ours


def inside(package: str, modules: set[str]) -> set[str]:
    """Return the modules of one of our packages, by their own names."""
    front = f"stagecraft.{package}."
    return {name.removeprefix(front) for name in modules if name.startswith(front)}


@pytest.mark.parametrize("words", [["--env", ""], ["--recreate", ""], ["--resume", ""], [""]])
def test_completion_imports_nothing_that_validates_draws_or_acts(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("services: {web: {image: busybox}}\n")
    (tmp_path / "stagecraft.yml").write_text("version: 1\nproject: shop\nenvironments: {demo: {}}\n")
    code, modules = imported("completion", "propose", "--", "deploy", *words, cwd=tmp_path)
    assert 0 == code
    assert set() == {"rich", "python_on_whales", "filelock", "pydantic"} & roots(modules)
