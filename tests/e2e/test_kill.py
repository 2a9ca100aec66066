"""SIGKILL at any moment of a real deploy: the next one ends on the release, with no manual step."""

import os
import random
import re
import signal
import time
from collections.abc import Callable

import pytest

from tests.e2e.machine import Shop, ask
from tests.e2e.runs import going, kill_tree, runs_command
from tests.e2e.tiny import deploy, inside, listed, record

pytestmark = pytest.mark.e2e

SEED = 20261120
MOMENTS = 6
STORED = re.compile(r"\.gitignore|demo/(lock|\.ballast|(releases|backup)/\d{6}\.json)")


def kill_client(pid: int) -> None:
    """The client alone: what it started goes on."""
    os.kill(pid, signal.SIGKILL)


def kill_group(pid: int) -> None:
    """The client's process group, as a job runner ends a job."""
    os.killpg(pid, signal.SIGKILL)


WAYS: tuple[Callable[[int], None], ...] = (kill_client, kill_tree, kill_group)


def test_the_next_deploy_ends_on_the_release_wherever_the_one_before_was_killed(tiny: Shop) -> None:
    deploy(tiny)
    length = _seconds_of_a_changed_deploy(tiny)
    chance = random.Random(SEED)
    for number in range(MOMENTS):
        moment, way = chance.uniform(0.2, length), WAYS[number % len(WAYS)]
        page = _change(tiny, f"killed {number}")
        with going(tiny, "deploy", "--env", "demo") as run:
            time.sleep(moment)
            way(run.program.pid)
            run.end()
            release = deploy(tiny)
        _check(tiny, page, release["id"], f"{way.__name__} after {moment:.2f} s")


def test_an_update_that_outlives_its_client_is_named_and_waited_for(tiny: Shop) -> None:
    tiny.replace(
        "compose.yml",
        '    command: [sleep, "1000"]\n\nconfigs',
        "    command: [sh, -c, \"trap '' TERM; while :; do sleep 1; done\"]\n"
        "    stop_grace_period: 6s\n\nconfigs",
    )
    tiny.commit("The side does not want to stop")
    deploy(tiny)
    tiny.replace("compose.yml", "stop_grace_period: 6s", "stop_grace_period: 5s")
    page = _change(tiny, "blue")
    with going(tiny, "deploy", "--env", "demo") as run:
        run.wait_for(runs_command(" up --detach "))
        time.sleep(1)
        kill_client(run.program.pid)
        run.end()
        result = tiny.stagecraft("deploy", "--env", "demo")

    assert 0 == result.returncode, result.stderr
    assert f"(pid {run.program.pid}) on `demo` is dead, but what it started still runs: " in result.stderr
    assert "docker" in result.stderr
    assert [("demo-3", "completed"), ("demo-2", "interrupted")] == [
        (entry["id"], entry["status"]) for entry in listed(tiny)[:2]
    ]
    _check(tiny, page, "demo-3", "the client of an update")


def _seconds_of_a_changed_deploy(project: Shop) -> float:
    _change(project, "measured")
    began = time.monotonic()
    deploy(project)
    return time.monotonic() - began


def _change(project: Shop, what: str) -> str:
    """Change the image, a config and a definition, so that every service is to be replaced."""
    project.write("web/page.txt", f"{what}\n")
    project.write("settings.txt", f"colour={what}\n")
    text = (project.root / "compose.yml").read_text()
    project.write("compose.yml", re.sub(r"sleep, \"\d+\"", f'sleep, "{1000 + len(listed(project))}"', text))
    project.commit(what)
    return what


def _check(project: Shop, page: str, release: str, when: str) -> None:
    """Everything is as if nobody had killed anything."""
    names = ask(
        "docker", "ps", "--all", "--filter", f"name={project.name}", "--format", "{{.Names}} {{.State}}"
    )
    expected = [f"{project.name}-{service}-1 running" for service in ("side", "web", "worker")]
    assert expected == sorted(names.splitlines()), when
    assert page == inside(project, "web", "cat", "/app/page.txt"), when
    assert f"colour={page}" == inside(project, "web", "cat", "/etc/settings"), when
    head = listed(project)[0]
    assert (release, "completed", True) == (head["id"], head["status"], head["current"]), when
    assert record(project, release)["hosts"]["local"]["status"] in ("updated", "unchanged"), when
    assert "running" not in {entry["status"] for entry in listed(project)}, when
    verified = project.stagecraft("releases", "verify")
    assert (0, "every record and its twin is intact\n") == (verified.returncode, verified.stdout), when
    store = project.root / ".stagecraft"
    files = [str(path.relative_to(store)) for path in store.rglob("*") if path.is_file()]
    assert [] == [name for name in files if not STORED.fullmatch(name)], when
