"""Replacing a service behind HAProxy under requests, on a real engine: none of them fails."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.ingress_app import (
    Load,
    check_out_ingress_app,
    names,
    set_version,
    traffic,
    wait_until_served,
)
from tests.e2e.machine import Shop, ask, free_port, run
from tests.e2e.tiny import deploy, finished, newest

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("engine")]


TAKING = """
import socket, time
taken = [socket.create_server(("127.0.0.1", port)) for port in {}]
time.sleep(1000)
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Shop]:
    """Version 1 behind the proxy, released."""
    made = check_out_ingress_app(tmp_path)
    try:
        deploy(made)
        yield made
    finally:
        made.remove()


@contextlib.contextmanager
def deploying(app: Shop) -> Iterator["subprocess.Popen[str]"]:
    """A deploy that tells its events, in a session of its own; it has ended when the block has."""
    with subprocess.Popen(
        [sys.executable, "-m", "stagecraft", "deploy", "--env", "demo", "--format", "json"],
        cwd=app.root,
        env=app.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        yield process


def actions(process: "subprocess.Popen[str]", until: str = "") -> Iterator[str]:
    """Yield the actions a deploy tells of, up to and with the first that begins so."""
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "action":
            yield event["action"]
            if until and event["action"].startswith(until):
                return


def verbs(host: dict[str, Any]) -> list[str]:
    """Return what was done, without the causes."""
    return [action.partition(":")[0] for action in host["actions"]]


def fails(app: Shop, load: Load) -> dict[str, Any]:
    """Deploy, which has to fail with 5, and see that the old version served; return the record."""
    before = names(app)
    result = app.stagecraft("deploy", "--env", "demo")
    load.some_more()
    assert (5, [], {"1"}) == (result.returncode, load.failed, load.versions), result.stderr
    assert before == names(app)
    assert {f"{app.name}-web-1": "serves"} == traffic(app)
    host = dict(newest(app)["hosts"]["local"])
    assert [] == [verb for verb in verbs(host) if verb.startswith("switch")]
    return host


def test_a_deploy_and_a_rollback_under_requests_lose_none_and_one_without_a_change_switches_nothing(
    app: Shop,
) -> None:
    with Load(app) as load:
        set_version(app, 2)
        deployed = deploy(app)
        unchanged = deploy(app)
        finished(app, "rollback", "--env", "demo", "--to", "demo-1")
        load.some_more()

    assert ([], {"1", "2"}) == (load.failed, load.versions)
    assert [
        "add web",
        f"switch web to {app.name}-web-2",
        f"remove {app.name}-web-1",
    ] == verbs(deployed["hosts"]["local"])
    assert ("unchanged", []) == (
        unchanged["hosts"]["local"]["status"],
        unchanged["hosts"]["local"]["actions"],
    )
    assert ({"proxy-1", "web-3"}, "1") == (names(app), app.page().split()[0])


def test_a_request_of_five_seconds_that_began_before_the_switch_is_answered(app: Shop) -> None:
    set_version(app, 2)
    slow: list[str] = []
    request = threading.Thread(target=lambda: slow.append(app.page("/slow")))
    with deploying(app) as process:
        list(actions(process, "wait for web"))
        request.start()
        told = list(actions(process))
    request.join()

    assert (0, "1", "2") == (process.returncode, slow[0].split()[0], app.page().split()[0])
    web = f"{app.name}-web"
    assert [f"switch web to {web}-2", "wait for web", f"remove {web}-1"] == told


def test_a_version_that_crashes_gets_no_request(app: Shop) -> None:
    app.replace("compose.yml", "command: [python3, /app/server.py]", "command: [sh, -c, exit 3]")
    app.commit()
    with Load(app) as load:
        host = fails(app, load)

    assert ["add web", f"remove {app.name}-web-2"] == verbs(host)


def test_a_version_that_never_becomes_healthy_gets_no_request(app: Shop) -> None:
    app.replace("compose.yml", "http://127.0.0.1:8000/up", "http://127.0.0.1:8001/up")
    app.replace("stagecraft.yml", "health_timeout: 20s", "health_timeout: 3s")
    app.commit()
    with Load(app) as load:
        fails(app, load)


def test_a_version_that_becomes_unhealthy_after_the_switch_gives_the_requests_back(app: Shop) -> None:
    """A slow request keeps the old container there for as long as the new one takes to become unhealthy."""
    set_version(app, 2, WOUNDS_AFTER=3)
    with Load(app, slow=10) as load:
        result = app.stagecraft("deploy", "--env", "demo")
        load.some_more()

    host = newest(app)["hosts"]["local"]
    assert (5, []) == (result.returncode, load.failed), result.stderr
    assert [
        "add web",
        f"switch web to {app.name}-web-2",
        f"switch web to {app.name}-web-1",
        f"remove {app.name}-web-2",
    ] == verbs(host)
    assert ({"proxy-1", "web-1"}, "1") == (names(app), app.page().split()[0])


def two_ports() -> tuple[int, int]:
    """Two free loopback ports, one after the other."""
    while True:
        first = free_port()
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", first + 1))
            return first, first + 1


def test_a_port_that_is_taken_and_an_image_that_its_registry_does_not_have_leave_the_old_version_serving(
    app: Shop,
) -> None:
    neighbour = ("--name", f"{app.name}-neighbour", "--network", "host", "--init", "stagecraft-shop-base:1")
    taken = two_ports()
    ports = f'ports: ["127.0.0.1:{taken[0]}-{taken[1]}:8000"]\n    environment: {{VERSION'
    with Load(app) as load:
        app.replace("compose.yml", "environment: {VERSION", ports)
        app.commit()
        ask("docker", "run", "--detach", *neighbour, "python3", "-c", TAKING.format(list(taken)))
        try:
            fails(app, load)
        finally:
            run("docker", "rm", "--force", f"{app.name}-neighbour")
        app.replace("compose.yml", ports, "pull_policy: always\n    environment: {VERSION")
        app.commit()
        fails(app, load)


def test_a_proxy_that_is_restarted_by_hand_serves_again_by_itself_and_the_next_deploy_tells_it(
    app: Shop,
) -> None:
    run("docker", "restart", "--time", "1", f"{app.name}-proxy-1")
    wait_until_served(app)
    with Load(app) as load:
        load.some_more()
        assert {f"{app.name}-web-1": "stands by"} == traffic(app)
        told = deploy(app)["hosts"]["local"]["actions"]
        load.some_more()

    assert [f"switch web to {app.name}-web-1: the ingress knows only its name"] == told
    assert ([], {"1"}) == (load.failed, load.versions)


def test_a_proxy_that_is_restarted_in_the_middle_of_a_rollout_is_put_right(app: Shop) -> None:
    set_version(app, 2)
    with deploying(app) as process:
        list(actions(process, "wait for web"))
        run("docker", "restart", "--time", "1", f"{app.name}-proxy-1")
        list(actions(process))

    assert 0 == process.returncode
    assert {f"{app.name}-web-2": "serves"} == traffic(app)
    assert ({"proxy-1", "web-2"}, "2") == (names(app), app.page().split()[0])


def test_a_client_killed_between_switch_and_removal_leaves_nothing_to_the_next_deploy(app: Shop) -> None:
    set_version(app, 2)
    with Load(app, slow=10) as load:
        with deploying(app) as process:
            list(actions(process, "switch web"))
            list(actions(process, "wait for web"))
            process.send_signal(signal.SIGKILL)
        left = (names(app), traffic(app))
        host = deploy(app)["hosts"]["local"]
        load.some_more()

    web = f"{app.name}-web"
    assert ({"proxy-1", "web-1", "web-2"}, {f"{web}-1": "drains", f"{web}-2": "serves"}) == left
    assert [f"remove {web}-1"] == verbs(host)
    assert ([], {"proxy-1", "web-2"}) == (load.failed, names(app))


def test_the_users_own_part_of_the_configuration_holds_and_the_routes_follow_it(app: Shop) -> None:
    own = """\
global
    fd-hard-limit 10000

defaults
    mode http
    timeout connect 2s
    timeout client 9s
    timeout server 9s

frontend shop
    bind :80
    http-response set-header X-Own yes
"""
    app.write("own.cfg", own)
    app.replace("stagecraft.yml", "  driver: haproxy\n", "  driver: haproxy\n  include: own.cfg\n")
    set_version(app, 2)

    deploy(app)

    with urllib.request.urlopen(f"http://127.0.0.1:{app.port}/", timeout=10) as reply:
        assert ("yes", b"2 ") == (reply.headers["X-Own"], reply.read()[:2])
    assert "serves" == traffic(app)[f"{app.name}-web-2"]
