"""SIGKILL at any moment of a real deploy: the next one ends on the release, with no manual step."""

import random
import time

import pytest

from tests.e2e.killing import change, check, kill_client, kill_once, seconds_of_a_changed_deploy
from tests.e2e.machine import Shop
from tests.e2e.runs import going, runs_command
from tests.e2e.tiny import deploy, listed

pytestmark = pytest.mark.e2e

SEED = 20261120
MOMENTS = 6


def test_the_next_deploy_ends_on_the_release_wherever_the_one_before_was_killed(tiny: Shop) -> None:
    deploy(tiny)
    length = seconds_of_a_changed_deploy(tiny)
    chance = random.Random(SEED)
    for number in range(MOMENTS):
        kill_once(tiny, number, chance, length)


def test_an_update_that_outlives_its_client_is_named_and_waited_for(tiny: Shop) -> None:
    tiny.replace(
        "compose.yml",
        '    command: [sleep, "1000"]\n\nconfigs',
        "    command: [sh, -c, \"trap '' TERM; while :; do sleep 1; done\"]\n"
        "    stop_grace_period: 16s\n\nconfigs",
    )
    tiny.commit("The side does not want to stop")
    deploy(tiny)
    tiny.replace("compose.yml", "stop_grace_period: 16s", "stop_grace_period: 15s")
    page = change(tiny, "blue")
    with going(tiny, "deploy", "--env", "demo") as run:
        run.wait_for(runs_command("docker stop "))
        time.sleep(0.3)
        kill_client(run.program.pid)
        run.end()
        result = tiny.stagecraft("deploy", "--env", "demo")

    assert 0 == result.returncode, result.stderr
    assert f"(pid {run.program.pid}) on `demo` is dead, but what it started still runs: " in result.stderr
    assert "docker" in result.stderr
    assert [("demo-3", "completed"), ("demo-2", "interrupted")] == [
        (entry["id"], entry["status"]) for entry in listed(tiny)[:2]
    ]
    check(tiny, page, "demo-3", "the client of an update")
