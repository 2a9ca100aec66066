"""Replacing containers without a moment in which nobody serves, on a real engine."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stagecraft.errors import StepFailedError
from tests.e2e.machine import Shop, ask, run
from tests.e2e.stack import CHECK, Stack, checked, saying, sleeper
from tests.e2e.tiny import changed, deploy, newest

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("engine")]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(f"sc-{uuid.uuid4().hex[:8]}", tmp_path)
    yield made
    run("docker", "compose", "-p", made.project, "down", "--volumes", "--timeout", "0", "--remove-orphans")


def version(number: int, **given: Any) -> dict[str, Any]:
    return checked(environment={"VERSION": str(number)}, **given)


def crashing(number: int) -> dict[str, Any]:
    return saying("echo no such table >&2; exit 3", restart="always", environment={"VERSION": str(number)})


def happened(stack: Stack, since: float) -> list[str]:
    """What the engine did to the project's containers, in order: `health_status: healthy web-2`."""
    label = ("--filter", f"label=com.docker.compose.project={stack.project}")
    actions = [f"--filter=event={name}" for name in ("create", "health_status", "kill", "die", "destroy")]
    line = "{{.Action}} {{.Actor.Attributes.name}}"
    span = (f"--since={since:.3f}", f"--until={time.time():.3f}")
    seen = ask("docker", "events", *span, *label, *actions, "--format", line).splitlines()
    return [one.replace(f"{stack.project}-", "") for one in seen]


def test_the_old_container_is_not_touched_before_the_new_one_is_healthy(stack: Stack) -> None:
    stack.roll_out({"web": version(1)})
    since = time.time()

    stack.roll_out({"web": version(2)})

    assert [
        "create web-2",
        "health_status: healthy web-2",
        "kill web-1",
        "die web-1",
        "destroy web-1",
    ] == [one for one in happened(stack, since) if not one.startswith("health_status: healthy web-1")]


def test_replicas_are_replaced_in_batches_and_never_fewer_run(stack: Stack) -> None:
    three = {"replicas": 3, "update_config": {"parallelism": 2}}
    stack.roll_out({"web": version(1, deploy=three)})

    record = stack.roll_out({"web": version(2, deploy=three)})

    assert ["add 2 web", f"remove {stack.name('web-1')}", f"remove {stack.name('web-2')}", "add web"] == [
        action.partition(":")[0] for action in record.actions[:4]
    ]
    assert {"web-4", "web-5", "web-6"} == set(stack.ids())


def test_a_new_version_that_crashes_leaves_the_old_one_alone_and_nothing_behind(stack: Stack) -> None:
    stack.roll_out({"web": version(1)})
    before = stack.ids()

    with pytest.raises(StepFailedError, match="`web` failed: it keeps ending") as failure:
        stack.roll_out({"web": crashing(2)})

    assert before == stack.ids()
    assert f"{stack.name('web-2')} | no such table" in failure.value.log
    assert failure.value.hint.endswith("the old ones keep serving")
    assert ["add web", f"remove {stack.name('web-2')}"] == [
        action.partition(":")[0] for action in failure.value.actions
    ]


def test_a_new_version_that_never_becomes_healthy_leaves_the_old_one_alone(stack: Stack) -> None:
    stack.roll_out({"web": version(1)})
    before = stack.ids()
    never = {**CHECK, "start_period": "60s", "test": ["CMD", "test", "-e", "/never"]}

    with pytest.raises(StepFailedError, match="it did not become healthy in time"):
        stack.roll_out({"web": sleeper(healthcheck=never)}, health_timeout=2)

    assert before == stack.ids()


def test_an_image_that_is_missing_leaves_the_old_version_alone(stack: Stack) -> None:
    stack.roll_out({"web": version(1)})
    before = stack.ids()

    with pytest.raises(StepFailedError, match="`docker compose up` of `web` failed"):
        stack.roll_out({"web": version(2, image="stagecraft-no-such-image:1", pull_policy="never")})

    assert before == stack.ids()


def test_a_network_port_that_is_taken_leaves_the_old_version_alone_and_nothing_behind(stack: Stack) -> None:
    ports = {"ports": [{"target": 80, "published": "42700-42701", "host_ip": "127.0.0.1", "protocol": "tcp"}]}
    stack.roll_out({"web": version(1, **ports)})
    before = stack.ids()
    others = [
        ask("docker", "run", "--detach", "--publish", f"127.0.0.1:{port}:80", *sleeping(stack))
        for port in (42700, 42701)
        if not run("sh", "-c", f"! docker ps --filter name={stack.name('web-1')} | grep -q {port}").returncode
    ]

    with pytest.raises(StepFailedError, match="`docker compose up` of `web` failed"):
        stack.roll_out({"web": version(2, **ports)})

    run("docker", "rm", "--force", *others)
    assert (before, 1) == (stack.ids(), len(others))


def sleeping(stack: Stack) -> tuple[str, ...]:
    return "--name", f"{stack.project}-neighbour", "--init", "stagecraft-base:bookworm", "sleep", "1000"


def test_what_an_earlier_rollout_left_is_neither_multiplied_nor_kept(stack: Stack) -> None:
    stack.roll_out({"web": version(1)})
    never = {**CHECK, "start_period": "60s", "test": ["CMD", "test", "-e", "/never"]}
    pausing = {"update_config": {"failure_action": "pause"}}
    with pytest.raises(StepFailedError, match="it did not become healthy in time"):
        stack.roll_out({"web": sleeper(healthcheck=never, deploy=pausing)}, health_timeout=2)
    left = set(stack.ids())

    record = stack.roll_out({"web": version(3)})

    assert ({"web-1", "web-2"}, ["web-2"]) == (left, list(stack.ids()))
    assert [f"remove {stack.name('web-2')}", "add web", f"remove {stack.name('web-1')}"] == [
        action.partition(":")[0] for action in record.actions
    ]


def test_an_image_that_keeps_data_in_a_volume_is_replaced_in_its_place(stack: Stack) -> None:
    image = f"{stack.project}-with-volume"
    ask(
        "docker",
        "build",
        "--quiet",
        "--tag",
        image,
        "-",
        stdin="FROM stagecraft-base:bookworm\nVOLUME /data\n",
    )
    try:
        stack.roll_out({"web": version(1, image=image)})
        ask("docker", "exec", stack.name("web-1"), "touch", "/data/precious")

        record = stack.roll_out({"web": version(2, image=image)})

        assert record.actions[0].endswith("in its place, because it keeps data in an anonymous volume")
        assert "/data/precious" == ask("docker", "exec", stack.name("web-1"), "ls", "/data/precious")
    finally:
        run("docker", "compose", "-p", stack.project, "down", "--volumes", "--timeout", "0")
        run("docker", "image", "rm", "--force", image)


def test_a_release_says_how_each_service_is_replaced_and_does_it(tiny: Shop) -> None:
    deploy(tiny)
    before = tiny.containers()
    tiny.replace("compose.yml", 'command: [sleep, "1000"]\n  side', 'command: [sleep, "1001"]\n  side')
    tiny.commit()

    planned = tiny.stagecraft("plan", "--env", "demo").stdout
    release = deploy(tiny)

    rows = [line.split(maxsplit=2) for line in planned.splitlines()]
    assert ["worker", "start-first", "nothing forbids it"] in rows
    assert ["web", "recreate", f"it publishes the host port {tiny.port}"] in rows
    assert ["add worker", f"remove {tiny.name}-worker-1"] == [
        action.partition(":")[0] for action in release["hosts"]["local"]["actions"]
    ]
    assert {"worker"} == changed(before, tiny.containers())


def test_a_release_that_crashes_ends_with_5_and_the_old_version_runs_on(tiny: Shop) -> None:
    deploy(tiny)
    before = tiny.containers()
    tiny.replace("compose.yml", 'command: [sleep, "1000"]\n  side', "command: [sh, -c, exit 3]\n  side")
    tiny.commit()

    result = tiny.stagecraft("deploy", "--env", "demo")

    host = newest(tiny)["hosts"]["local"]
    assert (5, before) == (result.returncode, tiny.containers())
    assert ("failed", ["add worker", f"remove {tiny.name}-worker-2"]) == (
        host["status"],
        [action.partition(":")[0] for action in host["actions"]],
    )


def test_a_change_of_the_strategy_alone_keeps_every_container(tiny: Shop) -> None:
    deploy(tiny)
    before = tiny.containers()
    tiny.replace("compose.yml", "  worker:\n", "  worker:\n    x-stagecraft: {rollout: recreate}\n")
    tiny.commit()

    release = deploy(tiny)

    assert (before, "unchanged") == (tiny.containers(), release["hosts"]["local"]["status"])


def test_a_deploy_looks_at_the_containers_once_if_there_is_nothing_to_do(tiny: Shop) -> None:
    deploy(tiny)

    told = tiny.stagecraft("deploy", "--env", "demo", "--format", "json").stdout

    lines = [event["line"] for event in map(json.loads, told.splitlines()) if event["event"] == "command"]
    looks = [line for line in lines if line.startswith("GET '/containers/json?all") and tiny.name in line]
    assert 1 == len(looks), lines
