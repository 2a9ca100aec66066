"""`registry: local` on the fleet: served by a program, by a container, or carried where neither is here."""

import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import NewFleetApp
from tests.e2e.fleet import Fleet
from tests.e2e.fleet_app import FleetApp
from tests.e2e.machine import Shop, ask, free_port
from tests.e2e.runs import PATIENCE, going, runs_phase

pytestmark = pytest.mark.e2e

TWO = {"host-3": "web", "host-4": "web"}
PROGRAM = "docker-registry"
NEXT = "echo {}\ntouch /tmp/up\nexec sleep 1000\n"
FEW_BYTES = 4_000_000
"""More than a rollout says over the network, far less than the layer of 8 MB that stays the same."""
DOCKERFILE = """\
FROM stagecraft-base:bookworm AS base
RUN mkdir -p /small/bin /small/tmp && head -c 8000000 /dev/urandom >/small/big \\
    && cp /bin/sh /bin/sleep /bin/touch /bin/cat /usr/bin/test /small/bin \\
    && cp --parents $(ldd /bin/sh | grep -o '/[^ ]*') /small
FROM scratch
COPY --from=base /small /
COPY run.sh /run.sh
CMD ["sh", "/run.sh"]
"""
"""Small, so that little is pushed."""


@pytest.fixture
def app(new_fleet_app: NewFleetApp) -> FleetApp:
    app = new_fleet_app(hosts=TWO, served=free_port())
    app.shop.write("web/Dockerfile", DOCKERFILE)
    app.shop.commit("A small web")
    return app


@pytest.fixture
def without_program(app: FleetApp, tmp_path: Path) -> FleetApp:
    """A client whose PATH has everything but the registry program."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for place in reversed(app.shop.environment["PATH"].split(":")):
        for program in Path(place).glob("*"):
            if program.name != PROGRAM and os.access(program, os.X_OK):
                (folder / program.name).unlink(missing_ok=True)
                (folder / program.name).symlink_to(program)
    app.shop.environment["PATH"] = str(folder)
    return app


@pytest.fixture
def image(tmp_path: Path) -> Iterator[str]:
    """An image as the official one is, as far as a run depends on it: a shell, and `registry` in its PATH."""
    name = f"registry:stagecraft-{os.getpid()}"
    shutil.copy(shutil.which(PROGRAM) or "", tmp_path / "registry")
    (tmp_path / "Dockerfile").write_text("FROM stagecraft-base:bookworm\nCOPY registry /usr/local/bin/\n")
    ask("docker", "build", "--quiet", "--tag", name, str(tmp_path))
    yield name
    ask("docker", "image", "rm", "--force", name)


def port_of(app: FleetApp) -> int:
    return int(app.images.partition("/")[0].rpartition(":")[2])


def is_free(port: int) -> bool:
    with socket.socket() as dialling:
        return dialling.connect_ex(("127.0.0.1", port)) != 0


def listens(fleet: Fleet, host: str, port: int) -> bool:
    return f":{port}" in fleet.on(host, "ss", "-Hltn", f"sport = :{port}")


def received(fleet: Fleet, host: str) -> int:
    """Return the bytes that have come to a host."""
    return int(fleet.on(host, "cat", "/proc/net/dev").partition("eth0:")[2].split()[0])


def forget_images(app: FleetApp, host: str) -> None:
    """Remove what no running container uses of the project's images on a host."""
    script = f"docker image ls --quiet '{app.images}/*' | sort -u | xargs -r -n 1 docker image rm --force"
    app.fleet.on(host, "sh", "-c", f"({script}) >/dev/null 2>&1 || true")


def told(app: FleetApp, *command: str) -> str:
    """Run a command that has to succeed; return what it said besides data."""
    result = app.shop.stagecraft(*command, "--env", "prod")
    assert result.returncode == 0, result.stderr
    return result.stderr


def test_hosts_pull_what_they_lack_from_this_machine_over_their_one_session(
    app: FleetApp, fleet: Fleet
) -> None:
    logins = {host: fleet.logins(host) for host in TWO}
    said = told(app, "deploy")
    after = {host: fleet.logins(host) - logins[host] for host in TWO}
    app.edit("web", NEXT.format("web two"))
    came = received(fleet, "host-3")
    second = app.deploy()

    assert f"the registry of this run is `{PROGRAM}`, at `localhost:{port_of(app)}`" in said
    assert dict.fromkeys(TWO, 1) == after
    assert all(f"image: {app.images}/web:" in text for text in second["texts"].values())
    assert "web two" in app.says("host-4", "web")
    assert received(fleet, "host-3") - came < FEW_BYTES
    assert (True, False) == (is_free(port_of(app)), listens(fleet, "host-3", port_of(app)))


def test_a_rollback_finds_images_that_are_gone_everywhere_in_what_is_kept(app: FleetApp) -> None:
    first = app.deploy()
    app.edit("web", NEXT.format("web two"))
    app.deploy()
    for host in TWO:
        forget_images(app, host)
    ask("docker", "image", "rm", "--force", f"{app.images}/web:{first['version']}")
    app.finished("rollback", "--env", "prod")

    assert "web is up" in app.says("host-3", "web")
    shutil.rmtree(app.shop.home / ".cache/stagecraft/registry")
    for host in TWO:
        forget_images(app, host)
    refused = app.shop.stagecraft("rollback", "--env", "prod", "--to", "prod-2")
    assert 6 == refused.returncode, refused.stderr
    assert "is neither here nor in its registry" in refused.stderr


def test_a_killed_run_takes_its_registry_along_and_is_resumed(app: FleetApp, fleet: Fleet) -> None:
    port = port_of(app)
    with going(app.shop, "deploy", "--env", "prod") as run:
        run.wait_for(runs_phase("rollout"))
        assert (False, True) == (is_free(port), listens(fleet, "host-3", port))
        run.program.send_signal(signal.SIGKILL)
        run.program.wait()
        until = time.monotonic() + PATIENCE
        while not is_free(port) or listens(fleet, "host-3", port):
            assert time.monotonic() < until
            time.sleep(0.05)
    resumed = app.deploy("--resume", "--lock-wait", "30")

    assert "completed" == resumed["status"]
    assert {host: {"web": 1} for host in TWO} == app.counts(*TWO)


def test_who_finds_the_lock_taken_is_told_so_and_not_that_a_port_is(app: FleetApp, tmp_path: Path) -> None:
    app.deploy()
    app.shop.replace("stagecraft.yml", "health_timeout: 15s", "health_timeout: 80s")
    app.shop.replace("compose.yml", "start_period: 10s", "start_period: 80s")
    app.edit("web", "until test -e /fault/here; do sleep 0.1; done\n" + NEXT.format("web two"))
    clone = tmp_path / "clone"
    shutil.copytree(app.shop.root, clone)
    other = Shop(clone, app.shop.home, app.shop.name, 0, app.shop.registry, dict(app.shop.environment))
    with going(app.shop, "deploy", "--env", "prod") as run:
        run.wait_for(runs_phase("rollout"))
        refused = other.stagecraft("deploy", "--env", "prod", "--version", "other", "--rebuild")
        for host in TWO:
            app.fault(host)
        assert 0 == run.end()

    assert 4 == refused.returncode, refused.stderr
    assert "tester" in refused.stderr


def test_a_taken_port_is_told_before_anything_is_touched(app: FleetApp, fleet: Fleet) -> None:
    port = port_of(app)
    with socket.create_server(("127.0.0.1", port)):
        here = app.shop.stagecraft("deploy", "--env", "prod")
        doctor_here = app.shop.stagecraft("doctor", "--env", "prod")
    script = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(600)"
    fleet.on("host-4", "sh", "-c", f'setsid python3 -c "{script}" >/dev/null 2>&1 3>&- & echo $! >/run/taker')
    try:
        until = time.monotonic() + PATIENCE
        while not listens(fleet, "host-4", port):
            assert time.monotonic() < until
            time.sleep(0.05)
        there = app.shop.stagecraft("deploy", "--env", "prod")
        doctor_there = app.shop.stagecraft("doctor", "--env", "prod")
    finally:
        fleet.on("host-4", "sh", "-c", "kill $(cat /run/taker)")

    assert {3} == {one.returncode for one in (here, there, doctor_here, doctor_there)}, there.stderr
    assert f"port {port} of this machine is taken" in here.stderr
    assert f"port {port} of this machine is taken" in doctor_here.stdout
    assert f"host-4: port {port} there is taken" in there.stderr
    assert f"port {port} is taken, by another run or something else" in doctor_there.stdout
    assert "[]" == app.shop.stagecraft("releases", "list", "--env", "prod", "--format", "json").stdout.strip()


def test_without_the_program_an_image_of_a_registry_serves(without_program: FleetApp, image: str) -> None:
    app = without_program
    doctor = app.shop.stagecraft("doctor", "--env", "prod")
    said = told(app, "deploy")

    assert f"ok: during a run, image `{image}` at `localhost:{port_of(app)}`" in doctor.stdout
    assert f"the registry of this run is image `{image}`" in said
    assert "web is up" in app.says("host-3", "web")
    until = time.monotonic() + PATIENCE
    while f":{port_of(app)}->" in ask("docker", "ps", "--format", "{{.Ports}}"):
        assert time.monotonic() < until
        time.sleep(0.1)


def test_without_program_and_image_they_are_carried_and_that_is_said(without_program: FleetApp) -> None:
    app = without_program
    doctor = app.shop.stagecraft("doctor", "--env", "prod")
    said = told(app, "deploy")
    first = app.newest()
    app.edit("web", NEXT.format("web two"))
    app.deploy()
    two = app.says("host-3", "web")
    forget_images(app, "host-4")
    app.finished("rollback", "--env", "prod")

    plainly = "images go to the hosts whole, with `docker save | docker load`"
    assert (True, True) == (plainly in doctor.stdout, plainly in said)
    assert all("image: sha256:" in text for text in first["texts"].values())
    assert ("web two" in two, "web is up" in app.says("host-4", "web")) == (True, True)
    assert f"{app.images}/web:{first['version']}" in app.fleet.docker(
        "host-4", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"
    )
