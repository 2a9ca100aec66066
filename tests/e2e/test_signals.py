"""Ctrl-C, `kill` and a closed terminal in the middle of a real deploy."""

import signal

import pytest

from tests.e2e.machine import Shop
from tests.e2e.runs import descendants, going, runs_phase, still_there, writes
from tests.e2e.tiny import BASE, deploy, fates, finished, inside, newest, phase

pytestmark = pytest.mark.e2e

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_signal_during_the_build_is_recorded_leaves_no_program_and_the_next_deploy_completes(
    tiny: Shop, number: signal.Signals
) -> None:
    slow = f"RUN sleep 6{number}"  # not the same twice: the builder shares what two builds have in common
    tiny.write("web/Dockerfile", f'FROM {BASE}\n{slow}\nCMD ["true"]\n')
    tiny.commit("A slow build")
    with going(tiny, "deploy", "--env", "demo") as run:
        run.wait_for(writes(slow))
        started = descendants(run.program.pid)
        run.program.send_signal(number)
        code = run.end()
        left = still_there(started)

    expected = {
        "build": "interrupted",
        "push": "skipped",
        "migrate_pre": "skipped",
        "rollout": "skipped",
        "migrate_post": "skipped",
        "finalize": "skipped",
    }
    stopped = newest(tiny)
    assert ("interrupted", expected) == (stopped["status"], fates(stopped))
    assert (128 + number, set(), True) == (code, left, bool(started))
    assert f"stopped by {number.name}" == phase(stopped, "build")["error"]
    assert "build interrupted" == phase(stopped, "rollout")["reason"]

    tiny.write("web/Dockerfile", f'FROM {BASE}\nCOPY run.sh page.txt /app/\nCMD ["sh", "/app/run.sh"]\n')
    tiny.commit("A fast build")
    assert "completed" == deploy(tiny)["status"]


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_release_that_a_signal_stopped_in_the_rollout_is_completed_by_resuming_it(
    tiny: Shop, number: signal.Signals
) -> None:
    tiny.write("web/run.sh", "sleep 3\ntouch /tmp/up\nexec sleep 1000\n")
    tiny.commit("Slow to get up")
    with going(tiny, "deploy", "--env", "demo") as run:
        run.wait_for(lambda event: event["event"] == "action" and event["action"] == "wait for web")
        run.program.send_signal(number)
        code = run.end()

    stopped = newest(tiny)
    assert 128 + number == code
    assert ("interrupted", "completed", "interrupted") == (
        stopped["status"],
        fates(stopped)["build"],
        fates(stopped)["rollout"],
    )

    resumed = finished(tiny, "deploy", "--env", "demo", "--resume")

    assert ("completed", "demo-1") == (resumed["status"], resumed["resumes"])
    assert "completed in demo-1" == phase(resumed, "build")["reason"]
    assert "first page" == inside(tiny, "web", "cat", "/app/page.txt")
    assert {"web", "worker", "side"} == set(tiny.containers())


def test_a_signal_to_the_whole_group_as_ctrl_c_sends_it_is_one_interruption(tiny: Shop) -> None:
    tiny.write("web/run.sh", "sleep 3\ntouch /tmp/up\nexec sleep 1000\n")
    tiny.commit("Slow to get up")
    with going(tiny, "deploy", "--env", "demo") as run:
        run.wait_for(runs_phase("rollout"))
        for _ in range(3):
            run.program.send_signal(signal.SIGINT)
        code = run.end()

    assert (130, "interrupted") == (code, newest(tiny)["status"])
    assert "completed" == deploy(tiny)["status"]
