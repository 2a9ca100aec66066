"""Sessions to hosts open while the plan is made (spec/hosts.md)."""

import os
import subprocess
import sys
from pathlib import Path

from tests.compose.cases import this_compose

ROOT = Path(__file__).parents[2]
PROJECT = """\
version: 1
project: shop
compose: compose.yml
environments:
  prod:
    hosts: {web-1: {ssh: web-1}}
"""


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
    path.chmod(0o755)
    return path


def deploy(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Deploy with an `ssh` that leaves a mark and ends, and a Compose that waits for it, five seconds."""
    mark = folder / "mark"
    program(folder / "bin/ssh", f"touch {mark}\necho 'ssh: no route' >&2\nexit 255\n")
    waits = f'for _ in $(seq 50); do [ -e {mark} ] && exec {" ".join(this_compose())} "$@"; sleep 0.1; done\n'
    program(folder / "home/.docker/cli-plugins/docker-compose", f"{waits}echo 'nobody began' >&2\nexit 1\n")
    (folder / "stagecraft.yml").write_text(PROJECT)
    (folder / "compose.yml").write_text("services: {web: {image: 'web:1'}}\n")
    return subprocess.run(
        (sys.executable, "-m", "stagecraft", "deploy", "--env", "prod", "--version", "1"),
        cwd=folder,
        env={
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
            "HOME": f"{folder}/home",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_session_is_begun_before_the_plan_is_made_and_its_failure_is_told_after_it(tmp_path: Path) -> None:
    done = deploy(tmp_path)

    assert (3, "") == (done.returncode, done.stdout)
    assert "web-1: it cannot be reached: `ssh: no route`" in done.stderr
    assert "nobody began" not in done.stderr
    assert not (tmp_path / ".stagecraft").exists()
