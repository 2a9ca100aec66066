"""The rollout on a real engine: what is broken is repaired, what is sound keeps its containers."""

import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagecraft.compose.use import wanted
from stagecraft.errors import StepFailedError
from stagecraft.model.events import Command
from stagecraft.model.phase import HostStatus
from stagecraft.runtime.clock import SystemClock
from tests.e2e.machine import ask, run
from tests.e2e.stack import ANONYMOUS, BASE, CHECK, HEALTHY, Stack, checked, saying, sleeper

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("engine")]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(f"sc-{uuid.uuid4().hex[:8]}", tmp_path)
    yield made
    run("docker", "compose", "-p", made.project, "down", "--volumes", "--timeout", "0", "--remove-orphans")


def test_unchanged_services_keep_their_containers_and_only_what_changed_is_replaced(stack: Stack) -> None:
    stack.roll_out({"web": checked(), "db": checked()})
    before = stack.ids()

    again = stack.roll_out({"web": checked(), "db": checked()})
    changed = stack.roll_out({"web": checked(environment={"A": "1"}), "db": checked()})

    after = stack.ids()
    assert (HostStatus.UNCHANGED, ()) == (again.status, again.actions)
    assert (
        "add web: its definition, its image or a config changed",
        f"remove {stack.name('web-1')}: replaced: {stack.name('web-2')} can serve",
    ) == changed.actions
    assert ({"db-1", "web-2"}, before["db-1"]) == (set(after), after["db-1"])


def test_the_record_knows_the_image_of_every_service(stack: Stack) -> None:
    record = stack.roll_out({"web": checked()})

    id_ = ask("docker", "image", "inspect", "--format={{.Id}}", BASE)
    assert [("web", BASE, id_)] == [(name, image.image, image.id) for name, image in record.running.items()]


def test_a_container_removed_by_hand_comes_back_and_nothing_else_is_touched(stack: Stack) -> None:
    services = {"web": checked(deploy={"replicas": 2}), "db": checked()}
    stack.roll_out(services)
    before = stack.ids()
    ask("docker", "rm", "--force", stack.name("web-1"))

    record = stack.roll_out(services)

    after = stack.ids()
    assert ("create web: 1 of 2 containers missing",) == record.actions
    assert {"web-2", "db-1"} == {name for name in after if after[name] == before.get(name)}


def test_what_was_stopped_paused_or_made_unhealthy_by_hand_works_again(stack: Stack) -> None:
    flaky = sleeper(healthcheck={**CHECK, "test": ["CMD", "test", "!", "-e", "/broken"]})
    # Without a check: pausing a container while its check starts makes engine 26.1 hang on it for good.
    services = {"stopped": checked(), "paused": sleeper(), "sick": flaky}
    stack.roll_out(services)
    ask("docker", "stop", stack.name("stopped-1"))
    ask("docker", "pause", stack.name("paused-1"))
    ask("docker", "exec", stack.name("sick-1"), "touch", "/broken")
    until = time.monotonic() + 120
    while stack.containers()["sick-1"].health != "unhealthy":
        assert time.monotonic() < until, "the check never failed"
        time.sleep(0.2)

    record = stack.roll_out(services)

    assert (
        "start stopped: it exited with code 143",
        "repair paused: it is paused",
        "repair sick: it is unhealthy",
    ) == record.actions
    assert {("running", "healthy"), ("running", "none")} == {
        (container.state, str(container.health)) for container in stack.containers().values()
    }


def test_a_crash_loop_without_a_check_fails_with_its_last_lines(stack: Stack) -> None:
    crashing = saying("echo opening with hunter2; sleep 0.1; echo no such table >&2; exit 3")

    with pytest.raises(StepFailedError) as failure:
        stack.roll_out({"web": {**crashing, "restart": "always"}}, values={"PASSWORD": "hunter2"})

    name = stack.name("web-1")
    assert "`web` failed: it keeps ending and was restarted" in failure.value.message
    assert [f"{name} | opening with ***PASSWORD***", f"{name} | no such table"] == list(failure.value.log[:2])


def test_a_program_that_exits_on_start_fails_with_its_exit_code(stack: Stack) -> None:
    with pytest.raises(StepFailedError, match="`web` failed: it exited with code 3"):
        stack.roll_out({"web": saying("exit 3")})


def test_a_check_that_fails_ends_the_rollout_with_what_it_said(stack: Stack) -> None:
    failing = {**CHECK, "start_period": "0s", "test": ["CMD-SHELL", "echo connection refused; exit 1"]}

    with pytest.raises(StepFailedError, match="`web` failed: it is unhealthy") as failure:
        stack.roll_out({"web": sleeper(healthcheck=failing)})

    assert f"{stack.name('web-1')} health check | connection refused" in failure.value.log


def test_a_check_that_never_answers_fails_in_its_time(stack: Stack) -> None:
    slow = {**CHECK, "start_period": "60s", "test": ["CMD", "test", "-e", "/never"]}
    began = time.monotonic()

    with pytest.raises(StepFailedError, match="it did not become healthy in time"):
        stack.roll_out({"web": sleeper(healthcheck=slow)}, health_timeout=2)

    assert time.monotonic() - began < 30


def test_a_failed_up_says_what_the_engine_said(stack: Stack) -> None:
    with pytest.raises(StepFailedError, match="`docker compose up` of `web` failed") as failure:
        stack.roll_out({"web": checked(image="stagecraft-no-such-image:1", pull_policy="never")})

    assert any("stagecraft-no-such-image" in line for line in failure.value.log)


def test_a_one_shot_service_runs_once_and_what_needs_it_comes_after_it(stack: Stack) -> None:
    services = {
        "web": checked(depends_on={"seed": {"condition": "service_completed_successfully"}}),
        "seed": saying("sleep 0.5; exit 0"),
    }
    first = stack.roll_out(services)
    before = stack.ids()

    second = stack.roll_out(services)

    assert ("create seed: it has no container", "create web: it has no container") == first.actions
    assert (HostStatus.UNCHANGED, before) == (second.status, stack.ids())


def test_an_update_killed_before_the_old_container_was_removed_is_finished(stack: Stack) -> None:
    stubborn = saying("trap '' TERM; while :; do sleep 0.2; done", init=False, stop_grace_period="2s")
    services = {"web": {**stubborn, "healthcheck": HEALTHY, "environment": {"A": "2"}}}
    stack.roll_out({"web": {**stubborn, "healthcheck": HEALTHY}})
    stack.kill_update(services)

    record = stack.roll_out(services)

    assert "it is left over from an interrupted update" in record.actions[0]
    assert {"web-2": "running"} == {name: c.state for name, c in stack.containers().items()}


def test_an_update_killed_after_the_old_container_was_removed_keeps_what_was_in_its_volumes(
    stack: Stack,
) -> None:
    stubborn = saying("trap '' TERM; while :; do sleep 0.2; done", init=False, stop_grace_period="2s")
    old = {**stubborn, "healthcheck": HEALTHY, "volumes": [ANONYMOUS]}
    services = {"web": {**old, "environment": {"A": "2"}}}
    stack.roll_out({"web": old})
    ask("docker", "exec", stack.name("web-1"), "touch", "/data/precious")
    stack.kill_update(services)
    ask("docker", "rm", "--force", stack.name("web-1"))

    record = stack.roll_out(services)

    assert ["an interrupted update did not get to it", "it was created but never started"] == [
        action.partition(": ")[2] for action in record.actions
    ]
    assert "/data/precious" == ask("docker", "exec", stack.name("web-1"), "ls", "/data/precious")


def test_a_rotated_secret_restarts_only_the_service_that_uses_it(stack: Stack) -> None:
    services = {"web": checked(environment={"PASSWORD": "${DATABASE_PASSWORD}"}), "db": checked()}
    stack.roll_out(services, values={"DATABASE_PASSWORD": "old $value's"})
    before = stack.ids()

    same = stack.roll_out(services, values={"DATABASE_PASSWORD": "old $value's"})
    rotated = stack.roll_out(services, values={"DATABASE_PASSWORD": "new $value's"})

    after = stack.ids()
    assert ((), "add web: a secret or an env file changed") == (same.actions, rotated.actions[0])
    assert ({"db-1", "web-2"}, before["db-1"]) == (set(after), after["db-1"])
    assert "new $value's" == ask("docker", "exec", stack.name("web-2"), "printenv", "PASSWORD")


def test_what_left_the_text_goes_with_its_own_signal_and_its_volume_stays(stack: Stack) -> None:
    polite = saying(
        "trap 'touch /data/said-goodbye; exit' INT; while :; do sleep 0.1; done",
        init=False,
        stop_signal="SIGINT",
        healthcheck=HEALTHY,
        volumes=[ANONYMOUS],
    )
    stack.roll_out({"web": checked(), "old": polite})
    volume = ask("docker", "inspect", "--format={{range .Mounts}}{{.Name}}{{end}}", stack.name("old-1"))
    ask(
        "docker",
        "compose",
        "-p",
        stack.project,
        "-f",
        "-",
        "run",
        "--detach",
        "old",
        stdin=stack.text({"old": polite}),
    )

    record = stack.roll_out({"web": checked()})

    assert (f"remove {stack.name('old-1')}: service `old` is no longer in the text",) == record.actions
    assert {"web-1"} == set(stack.ids())
    said = ask("docker", "run", "--rm", "--volume", f"{volume}:/data", BASE, "ls", "/data")
    one_off = ("--filter", f"label=com.docker.compose.project={stack.project}", "--filter")
    left = ask("docker", "ps", "--quiet", *one_off, "label=com.docker.compose.oneoff=True")
    run("docker", "rm", "--force", "--volumes", left)
    run("docker", "volume", "rm", volume)
    assert ("said-goodbye", True) == (said, bool(left))


def test_a_service_scaled_down_keeps_its_first_containers_and_one_recreated_loses_them(stack: Stack) -> None:
    stack.roll_out({"web": checked(deploy={"replicas": 3})})
    before = stack.containers()

    # The number of replicas is not part of what makes a container: the label stays the same here.
    text = stack.text({"web": checked(deploy={"replicas": 3})}).replace("replicas: 3", "replicas: 1")
    clock = SystemClock()
    loop = stack.loop(stack.bare(text, {}, clock, clock.monotonic() + 180), clock)
    loop.run(wanted(text, {}), health_timeout=90, deadline=clock.monotonic() + 180)
    scaled = stack.ids()
    loop.run(wanted(text, {}, ["web"]), health_timeout=90, deadline=clock.monotonic() + 180)

    assert {"web-1": before["web-1"].id} == scaled
    assert ["web-2"] == list(stack.ids())


def test_nothing_of_the_callers_environment_gets_into_a_container(stack: Stack) -> None:
    stack.roll_out({"web": checked(environment=["HOME_OF_CALLER=${HOME:-none}", "SHELL"])})

    seen = ask("docker", "exec", stack.name("web-1"), "env")
    assert "HOME_OF_CALLER=none" in seen.splitlines()
    assert not [line for line in seen.splitlines() if line.startswith("SHELL=")]


def test_a_rollout_with_nothing_to_do_looks_once_asks_for_the_time_and_notes_the_images(stack: Stack) -> None:
    services = {"web": checked(), "db": checked()}
    stack.roll_out(services)
    stack.observer.events.clear()

    stack.roll_out(services)

    lines = [event.line.split()[:2] for event in stack.observer.events if isinstance(event, Command)]
    asked = [re.sub("^'?(/[a-z]+).*", r"\1", path) for program, path in lines if program == "GET"]
    assert ["/containers", "/containers", "/info", "/images"] == asked
    assert len(asked) == len(lines)
