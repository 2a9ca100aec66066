"""`logs` and `exec` reach the right container on the right host."""

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.conftest import NewFleetApp
from tests.e2e.fleet import Fleet
from tests.e2e.fleet_app import FleetApp, check_out_fleet_app
from tests.e2e.machine import Result
from tests.e2e.runs import PATIENCE, descendants, still_there

pytestmark = pytest.mark.e2e


def hostname(app: FleetApp, *options: str) -> Result:
    return app.shop.stagecraft("exec", "web", "--env", "prod", *options, "--", "cat", "/etc/hostname")


def test_logs_and_exec_reach_the_container_on_the_host_that_runs_it(new_fleet_app: NewFleetApp) -> None:
    app = new_fleet_app(hosts={"host-2": "app", "host-3": "web", "host-4": "web"})
    app.deploy()
    logs = app.shop.stagecraft("logs", "--env", "prod", "--service", "web", "--service", "api")

    assert {
        f"host-2 {app.project}-api-1 | api is up",
        f"host-3 {app.project}-web-1 | web is up",
        f"host-4 {app.project}-web-1 | web is up",
    } == set(logs.stdout.splitlines())
    short = {host: app.containers(host)["web"][0][:12] for host in ("host-3", "host-4")}
    assert short["host-3"] == hostname(app).stdout.strip()
    assert short["host-4"] == hostname(app, "--host", "host-4").stdout.strip()
    failed = app.shop.stagecraft("exec", "api", "--env", "prod", "--", "sh", "-c", "exit 7", timeout=PATIENCE)
    assert 7 == failed.returncode
    assert 2 == app.shop.stagecraft("exec", "ghost", "--env", "prod", "--", "true").returncode


WEB = {"host-3": "web", "host-4": "web"}


@pytest.fixture(scope="module")
def app(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetApp]:
    """A service that runs on two hosts."""
    made = check_out_fleet_app(tmp_path_factory.mktemp("inside") / "app", fleet, WEB)
    try:
        made.deploy()
        yield made
    finally:
        made.remove()


def until(true: Callable[[], bool], what: object) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@contextmanager
def following(app: FleetApp) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """`logs --follow` under way, and the lines it has printed so far."""
    heeding = ("env", "--default-signal=INT")  # tests in the background have it ignored
    command = (*heeding, sys.executable, "-m", "stagecraft", "logs", "--env", "prod", "--follow")
    program = subprocess.Popen(
        command,
        cwd=app.shop.root,
        env=app.shop.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(line.rstrip() for line in program.stdout or ()))
    with program:
        reader.start()
        try:
            yield program, lines
        finally:
            program.kill()
            reader.join(PATIENCE)


def writes(app: FleetApp, host: str, line: str) -> None:
    """Have a web container write a line to its log."""
    container = app.containers(host)["web"][0]
    app.fleet.docker(host, "exec", container, "sh", "-c", f"echo {line} >/proc/1/fd/1")


def test_logs_are_followed_on_all_hosts_at_once_until_ctrl_c(app: FleetApp) -> None:
    with following(app) as (program, lines):
        until(lambda: len(lines) >= len(WEB), lines)
        for host, line in (("host-3", "one"), ("host-4", "two"), ("host-3", "three")):
            writes(app, host, line)
            until(lambda line=line: lines[-1].endswith(line), lines)  # type: ignore[misc]
        family = descendants(program.pid)
        program.send_signal(signal.SIGINT)
        code = program.wait(PATIENCE)
        said = program.stderr.read() if program.stderr else ""

    name = f"{app.project}-web-1"
    came = [line for line in lines if line.endswith(("one", "two", "three"))]
    assert [f"host-3 {name} | one", f"host-4 {name} | two", f"host-3 {name} | three"] == came
    assert (130, "") == (code, said)
    assert family
    until(lambda: not still_there(family), family)


def test_followed_logs_end_with_the_containers(app: FleetApp) -> None:
    with following(app) as (program, lines):
        until(lambda: len(lines) >= len(WEB), lines)
        for host in WEB:
            app.fleet.docker(host, "stop", *app.containers(host)["web"])
        assert 0 == program.wait(PATIENCE)
    for host in WEB:
        app.fleet.docker(host, "start", *app.containers(host)["web"])


def test_what_comes_on_standard_input_reaches_the_command(app: FleetApp) -> None:
    data = "".join(f"{number}\n" for number in range(20_000))
    command = (sys.executable, "-m", "stagecraft", "exec", "web", "--env", "prod", "--host", "host-4", "--")
    counted = subprocess.run(
        (*command, "sh", "-c", "cat >/tmp/in; wc -l </tmp/in; test -t 0 || echo no terminal; exit 5"),
        cwd=app.shop.root,
        env=app.shop.environment,
        input=data,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (5, ["20000", "no", "terminal"]) == (counted.returncode, counted.stdout.split())
    assert data.strip() == app.fleet.docker(
        "host-4", "exec", app.containers("host-4")["web"][0], "cat", "/tmp/in"
    )


def test_on_a_terminal_the_command_has_one_and_ctrl_c_is_for_it(app: FleetApp) -> None:
    ours, theirs = pty.openpty()
    command = (sys.executable, "-m", "stagecraft", "exec", "web", "--env", "prod", "--", "sh")
    seen = bytearray()

    def read() -> None:
        try:
            while chunk := os.read(ours, 4096):
                seen.extend(chunk)
        except OSError:  # the other end is closed
            return

    with subprocess.Popen(
        command,
        cwd=app.shop.root,
        env=app.shop.environment | {"TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as program:
        os.close(theirs)
        reader = threading.Thread(target=read)
        reader.start()
        try:
            for typed, shown in (
                (b"", b"# "),
                (b"test -t 0 && test -t 1 && echo term$((1+1))nal\n", b"term2nal"),
                (b"sleep 1000\n", b"sleep 1000\r\n"),
                (b"\x03", b"^C\r\n# "),
                (b"exit 3\n", b"exit 3"),
            ):
                os.write(ours, typed)
                until(lambda shown=shown: shown in seen, seen)  # type: ignore[misc]
            code = program.wait(PATIENCE)
        finally:
            program.kill()
            os.close(ours)
            reader.join(PATIENCE)
    assert 3 == code, seen
