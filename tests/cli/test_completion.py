"""Completion: what is offered at each place of a line, and the scripts in real shells."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stagecraft.cli.completion import BASH, FISH, ZSH
from tests.cli.fakes import FakeApp, typed

ROOT = Path(__file__).parents[2]
OFFERED = {
    "environments": ("demo", "prod"),
    "releases": ("prod-2", "prod-1"),
    "hosts": ("db-1", "web-1"),
    "services": ("db", "web"),
    "aliases": ("ship",),
}


def offered(*words: str) -> list[str]:
    said = typed(["completion", "propose", "--", *words], FakeApp(offered=OFFERED))
    return [line.partition("\t")[0] for line in said.out.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dep"], ["deploy"]),
        (["shi"], ["ship"]),
        (["releases", "sh"], ["show"]),
        (["deploy", "--env", ""], ["demo", "prod"]),
        (["deploy", "-e", "p"], ["prod"]),
        (["deploy", "--env=p"], ["--env=prod"]),
        (["deploy", "--env", "=", "p"], ["prod"]),
        (["deploy", "--env", "="], ["demo", "prod"]),
        (["rollback", "--to", ""], ["prod-2", "prod-1"]),
        (["releases", "show", ""], ["prod-2", "prod-1"]),
        (["releases", "diff", "prod-1", ""], ["prod-2", "prod-1"]),
        (["config", "render", "--host", "w"], ["web-1"]),
        (["deploy", "--recreate", ""], ["db", "web"]),
        (["deploy", "--image", "w"], ["web="]),
        (["releases", "list", "--format", ""], ["text", "json"]),
        (["docs", "environments.demo"], ["environments.demo", "environments.demo.variables"]),
        (["releases", "diff", "prod-1", "prod-2", ""], []),
        (["deploy", "--plan", ""], []),
        (["nothing", "--env", ""], []),
    ],
)
def test_what_can_stand_there_is_offered(words: list[str], expected: list[str]) -> None:
    assert expected == offered(*words)[: max(len(expected), 2)]


def test_an_option_is_offered_once_unless_it_may_be_repeated() -> None:
    found = offered("deploy", "--env", "prod", "--image", "web=x", "--")
    assert ("--env" not in found, "--image" in found) == (True, True)


def test_commands_come_with_what_they_do() -> None:
    assert "releases\tLook at what was released, and what became of it.\n" == (
        typed("completion propose -- rel", FakeApp(offered=OFFERED)).out
    )


def test_the_project_named_on_the_line_is_the_one_that_is_asked() -> None:
    app = FakeApp(offered=OFFERED)
    typed("completion propose -- --config other.yml deploy --store s --env x", app)
    assert app.where is not None
    assert (Path("other.yml"), Path("s")) == (app.where.config, app.where.store)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "compose.yml").write_text("services: {web: {image: !reset x}, worker: {image: x}}\n")
    (tmp_path / "stagecraft.yml").write_text(
        "version: 1\nproject: shop\naliases: {ship: deploy}\n"
        "environments: {demo: {}, prod: {hosts: {w-1: {ssh: w}}}}\n"
    )
    for environment, number in (("demo", 1), ("prod", 41), ("prod", 42)):
        records = tmp_path / ".stagecraft" / environment / "releases"
        records.mkdir(parents=True, exist_ok=True)
        (records / f"{number:06d}.json").write_text("not read")
    return tmp_path


def around(folder: Path) -> dict[str, str]:
    """Return an environment in which `stagecraft` is this checkout's."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "stagecraft").write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m stagecraft "$@"\n'
    )
    (programs / "stagecraft").chmod(0o755)
    return {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(folder), "TERM": "dumb"}


def shell(folder: Path, *argv: str) -> list[str]:
    done = subprocess.run(
        argv, cwd=folder, env=around(folder), capture_output=True, text=True, timeout=60, check=False
    )
    assert "" == done.stderr
    return done.stdout.split()


def in_bash(folder: Path, *words: str) -> list[str]:
    line = " ".join(f"'{word}'" for word in words)
    asked = (
        f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _stagecraft; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    return shell(folder, "bash", "--norc", "-c", f"{BASH}\n{asked}")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["deploy", "--env", ""], ["demo", "prod"]),
        (["rollback", "--env", "prod", "--to", ""], ["prod-42", "prod-41"]),
        (["releases", "show", "d"], ["demo-1"]),
        (["deploy", "--recreate", "wo"], ["worker"]),
        (["config", "render", "--env", "prod", "--host", ""], ["w-1"]),
        (["config", "render", "--env", "demo", "--host", ""], ["local"]),
        (["sh"], ["ship"]),
    ],
)
def test_bash_completes_from_the_project_and_the_store(
    words: list[str], expected: list[str], project: Path
) -> None:
    assert expected == in_bash(project, "stagecraft", *words)


def test_where_there_is_no_project_nothing_is_said(tmp_path: Path) -> None:
    assert [] == in_bash(tmp_path, "stagecraft", "deploy", "--env", "")


def test_zsh_completes(project: Path) -> None:
    if not shutil.which("zsh"):
        pytest.skip("no zsh here")
    offers = (
        'compadd() { print -l -- $values }; compdef() { }; words=(stagecraft deploy --env "p"); CURRENT=4'
    )
    assert ["prod"] == shell(project, "zsh", "-f", "-c", f"{offers}\n{ZSH}\n_stagecraft")


def test_fish_completes(project: Path) -> None:
    if not shutil.which("fish"):
        pytest.skip("no fish here")
    asked = 'complete --do-complete "stagecraft deploy --env p"'
    assert ["prod"] == shell(project, "fish", "--no-config", "-c", f"{FISH}\n{asked}")


def test_the_scripts_are_printed_as_they_are() -> None:
    assert (BASH, ZSH, FISH) == tuple(typed(f"completion {name}").out for name in ("bash", "zsh", "fish"))
