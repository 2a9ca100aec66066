"""A real deploy that is killed, and what has to be true after the next one."""

import os
import random
import re
import signal
import time
from collections.abc import Callable

from tests.e2e.machine import Shop, ask
from tests.e2e.runs import going, kill_tree
from tests.e2e.tiny import deploy, inside, listed, record

STORED = re.compile(r"\.gitignore|demo/(lock|\.ballast|(releases|backup)/\d{6}\.json)")


def kill_client(pid: int) -> None:
    """The client alone: what it started goes on."""
    os.kill(pid, signal.SIGKILL)


def kill_group(pid: int) -> None:
    """The client's process group, as a job runner ends a job."""
    os.killpg(pid, signal.SIGKILL)


WAYS: tuple[Callable[[int], None], ...] = (kill_client, kill_tree, kill_group)


def kill_once(project: Shop, number: int, chance: random.Random, length: float) -> None:
    """Kill a deploy of another change at a moment within `length` seconds; the next one has to be whole."""
    moment, way = chance.uniform(0.2, length), WAYS[number % len(WAYS)]
    page = change(project, f"killed {number}")
    with going(project, "deploy", "--env", "demo") as run:
        time.sleep(moment)
        way(run.program.pid)
        run.end()
        release = deploy(project)
    check(project, page, release["id"], f"{way.__name__} after {moment:.2f} s")


def seconds_of_a_changed_deploy(project: Shop) -> float:
    change(project, "measured")
    began = time.monotonic()
    deploy(project)
    return time.monotonic() - began


def change(project: Shop, what: str) -> str:
    """Change the image, a config and a definition, so that every service is to be replaced."""
    project.write("web/page.txt", f"{what}\n")
    project.write("settings.txt", f"colour={what}\n")
    text = (project.root / "compose.yml").read_text()
    project.write("compose.yml", re.sub(r"sleep, \"\d+\"", f'sleep, "{1000 + len(listed(project))}"', text))
    project.commit(what)
    return what


def check(project: Shop, page: str, release: str, when: str) -> None:
    """Everything is as if nobody had killed anything."""
    listing = ("docker", "ps", "--all", "--filter", f"name={project.name}", "--format")
    names = sorted(ask(*listing, "{{.Names}} {{.State}}").splitlines())
    expected = [rf"{project.name}-{service}-\d+ running" for service in ("side", "web", "worker")]
    assert re.fullmatch("\n".join(expected), "\n".join(names)), f"{when}: {names}"
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
