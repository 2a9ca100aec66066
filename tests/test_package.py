"""What users install: built, installed into an empty environment, run with the oldest versions allowed."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.package


def ran(*command: str) -> str:
    """Run a script of this project and return what it told people."""
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False
    )
    assert 0 == done.returncode, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stderr


def test_the_wheel_works_from_an_empty_environment(tmp_path: Path) -> None:
    assert "works from an empty environment" in ran("scripts/package", str(tmp_path / "dist"))


def test_the_lower_bounds_of_the_dependencies_are_true() -> None:
    touched = "config model cli/test_tree.py cli/test_plan.py cli/test_watch.py cli/render"
    more = (
        "store/test_conformance.py runtime/test_docker.py runtime/test_sql_database.py runtime/test_otlp.py"
    )
    assert "typer==" in ran(
        "scripts/check-lowest", *(f"tests/{name}" for name in f"{touched} {more}".split())
    )
