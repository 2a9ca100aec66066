"""Releases under load on the real engine: nobody notices them, unlike what plain Compose does."""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.killing import WAYS
from tests.e2e.load import FOLDER, Load, under_load
from tests.e2e.load_project import SETTLED, SITES, check_out_load, next_generation, page, settled
from tests.e2e.machine import Shop, ask, base_environment, free_port
from tests.e2e.runs import going, runs_phase
from tests.e2e.tiny import deploy, finished

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("engine")]

DEPLOYS, ROLLBACKS, PLAIN = 20, 5, 5
KILLS = int(os.environ.get("STAGECRAFT_KILLS", "3"))
SEED = 20261126

NewLoad = Callable[[str], Shop]
Tell = Callable[[str], None]


@pytest.fixture
def new_load(tmp_path: Path) -> Iterator[NewLoad]:
    """Make the project of the load tests with a kind of proxy, and release it once."""
    with ExitStack() as stack:

        def make(driver: str) -> Shop:
            project = check_out_load(tmp_path, driver)
            stack.callback(project.remove)
            deploy(project)
            return project

        yield make


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Print what was measured, also if the test passes."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}")  # noqa: T201 - numbers for people

    return say


def released_over_and_over(project: Shop) -> Load:
    """Deploy and go back again and again under load; return what was answered meanwhile."""
    with under_load(project.port, SITES) as load:
        for _ in range(DEPLOYS):
            number = next_generation(project)
            deploy(project)
        for _ in range(ROLLBACKS):
            finished(project, "rollback", "--env", "demo")
    assert SETTLED == settled(project)
    assert {str(number - ROLLBACKS)} == {page(project, site) for site in SITES}
    return load


def test_behind_haproxy_no_request_fails_and_no_connection_is_closed(new_load: NewLoad, tell: Tell) -> None:
    load = released_over_and_over(new_load("haproxy"))

    tell(load.lines(f"haproxy, {DEPLOYS} deploys and {ROLLBACKS} rollbacks"))
    assert 0 == load.failed, load.answers
    assert all(one.requests > 1000 for one in load.answers.values()), load.answers


def test_behind_caddy_no_request_fails_but_idle_connections_are_closed(new_load: NewLoad, tell: Tell) -> None:
    project = new_load("caddy")
    planned = project.stagecraft("plan", "--env", "demo").stdout

    load = released_over_and_over(project)

    tell(load.lines(f"caddy, {DEPLOYS} deploys and {ROLLBACKS} rollbacks"))
    tell(f"caddy, idle connections closed: {sum(one.read + one.write for one in load.answers.values())}")
    assert "each switch reloads it, which closes idle kept connections and WebSockets" in planned
    assert [(0, 0, 0)] * 2 == [(one.non_2xx, one.connect, one.timeout) for one in load.answers.values()]
    assert all(one.requests > 1000 for one in load.answers.values()), load.answers


def test_plain_compose_fails_requests_under_the_same_load(tmp_path: Path, tell: Tell) -> None:
    project, port = f"plain-{tmp_path.parent.name}-{free_port()}", free_port()
    files = (f"--file={FOLDER}/compose.yml", f"--file={FOLDER}/plain.yml")

    def compose(*command: str, generation: int = 0) -> None:
        environment = base_environment() | {"HTTP_PORT": str(port), "GENERATION": str(generation)}
        ask("docker", "compose", "--project-name", project, *files, *command, env=environment)

    try:
        compose("up", "--detach", "--wait")
        with under_load(port, SITES) as load:
            for number in range(1, PLAIN + 1):
                compose("up", "--detach", "--wait", generation=number)
    finally:
        compose("down", "--volumes", "--timeout", "0")

    tell(load.lines(f"plain `docker compose up`, {PLAIN} times"))
    assert all(one.failed > PLAIN for one in load.answers.values()), load.answers


def test_a_client_that_is_killed_in_a_rollout_fails_no_request_and_leaves_nothing(
    new_load: NewLoad, tell: Tell
) -> None:
    project, chance = new_load("haproxy"), random.Random(SEED)
    with under_load(project.port, SITES) as load:
        length = seconds_of_a_rollout(project)
        for kill in range(KILLS):
            killed_and_released(project, WAYS[kill % len(WAYS)], chance.uniform(0, length))

    tell(load.lines(f"haproxy, {KILLS} clients killed in the first {length:.1f} s of a rollout"))
    assert 0 == load.failed, load.answers


def seconds_of_a_rollout(project: Shop) -> float:
    """Deploy a change; return how long its rollout took."""
    next_generation(project)
    with going(project, "deploy", "--env", "demo") as run:
        run.wait_for(runs_phase("rollout"))
        began = time.monotonic()
        run.wait_for(runs_phase("finalize"))
        length = time.monotonic() - began
        assert 0 == run.end()
    return length


def killed_and_released(project: Shop, way: Callable[[int], None], moment: float) -> None:
    """Kill a deploy so long after its rollout began; the next one has to end with the right containers."""
    number = next_generation(project)
    with going(project, "deploy", "--env", "demo") as run:
        run.wait_for(runs_phase("rollout"))
        time.sleep(moment)
        way(run.program.pid)
        run.end()
        deploy(project)
    when = f"{way.__name__} after {moment:.2f} s"
    assert SETTLED == settled(project), when
    assert {str(number)} == {page(project, site) for site in SITES}, when
