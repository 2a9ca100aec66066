"""What the real engine answers to what is asked once."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from stagecraft.errors import UnavailableError
from stagecraft.model.observed import Container, Health
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.containers import look
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.process import Processes
from stagecraft.runtime.redact import Redactor
from tests.e2e.machine import ask, free_port, run
from tests.e2e.stack import BASE
from tests.fakes import RecordingObserver

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("engine")]


def engine_of(environ: Mapping[str, str]) -> Docker:
    clock = SystemClock()
    processes = Processes(RecordingObserver(), Redactor(), tuple, clock)
    return Docker(EngineAccess.of(environ), processes, clock.monotonic)


@pytest.fixture
def by_context(tmp_path: Path) -> Docker:
    """The same engine, by a context of which only `docker` knows the way."""
    environ = {**os.environ, "DOCKER_CONFIG": str(tmp_path / "config")}
    ask("docker", "context", "create", "other", "--docker=host=unix:///var/run/docker.sock", env=environ)
    return engine_of({**environ, "DOCKER_CONTEXT": "other"})


@pytest.fixture(params=["at its socket", "with commands"])
def docker(request: pytest.FixtureRequest, by_context: Docker) -> Docker:
    docker = engine_of(os.environ) if request.param == "at its socket" else by_context
    assert (docker.socket is None) == (docker is by_context)
    return docker


def test_the_engine_and_the_base_image_are_of_one_platform(docker: Docker) -> None:
    image = docker.images.get(BASE)

    assert image is not None
    assert docker.info().platform == f"{image.os}/{image.architecture}"
    assert ask("docker", "image", "inspect", "--format={{.Id}}", BASE) == image.id


def test_an_image_that_is_not_there_is_none(docker: Docker) -> None:
    assert docker.images.get("stagecraft-no-such-image:1") is None


def test_an_engine_that_is_not_there_is_unavailable(docker: Docker, tmp_path: Path) -> None:
    socket = f"unix://{tmp_path}/no.sock"

    with pytest.raises(UnavailableError, match="does not answer"):
        Docker(docker.access.at(socket), docker._processes).info()


def test_a_tag_is_listed_until_it_is_removed(docker: Docker) -> None:
    tag = f"stagecraft-tags-{os.getpid()}:1"
    ask("docker", "tag", BASE, tag)

    listed = docker.images.tags(tag.partition(":")[0])
    removed = docker.images.remove(tag)

    assert ((tag,), True, ()) == (listed, removed, docker.images.tags(tag.partition(":")[0]))
    assert docker.images.remove(tag) is False


def test_a_running_container_shows_its_port_its_project_and_its_log(docker: Docker) -> None:
    name, port = f"stagecraft-port-{os.getpid()}", free_port()
    labels = ("--label=com.docker.compose.project=blog", "--label=com.docker.compose.service=web")
    said = ("sh", "-c", "echo one; sleep 0.1; echo two >&2; sleep 100")
    publish = f"--publish=127.0.0.1:{port}:80"
    ask("docker", "run", "--detach", "--init", f"--name={name}", publish, *labels, BASE, *said)
    try:
        until = SystemClock()
        deadline = until.monotonic() + 60
        while len(log := docker.logs(name, 50)) < 2:
            assert until.monotonic() < deadline
            until.sleep(0.1)
        published = docker.published_ports()
    finally:
        run("docker", "rm", "--force", name)

    assert ("one", "two") == log
    assert ("127.0.0.1", port, "tcp", "blog", "web") in published


def test_both_ways_see_the_same_containers_and_images(by_context: Docker) -> None:
    project, by_socket = f"same{os.getpid()}", engine_of(os.environ)
    labels = (
        f"--label=com.docker.compose.project={project}",
        "--label=com.docker.compose.oneoff=False",
        "--label=com.docker.compose.service=web",
        "--label=stagecraft.digest=sha256:d",
    )
    other = {"--label=com.docker.compose.oneoff=True": "one-off", "--restart=no": "exited"}
    command = (BASE, "sh", "-c", "sleep ${SECONDS_UP:-600}")
    check = ("--health-cmd=echo fine", "--health-interval=100ms", "--volume=/data", "--env=PASSWORD=hunter2")
    ask("docker", "run", "--detach", f"--name={project}-up", *labels, *check, *command)
    for option, name in other.items():
        ask(
            "docker",
            "run",
            "--detach",
            f"--name={project}-{name}",
            *labels,
            option,
            "--env=SECONDS_UP=0",
            *command,
        )
    try:
        ask("docker", "wait", f"{project}-exited")
        until = time.monotonic() + 20
        while (seen := look(by_socket, project, until))[-1].health is not Health.HEALTHY:
            time.sleep(0.05)
        also = look(by_context, project, until)
        ids = {one.image_id for one in seen}
        known = (
            by_socket.images.digests(ids),
            by_socket.images.missing({BASE, "none:1"}),
        )
        assert known == (by_context.images.digests(ids), by_context.images.missing({BASE, "none:1"}))
    finally:
        run(
            "docker", "rm", "--force", "--volumes", *(f"{project}-{name}" for name in ("up", *other.values()))
        )

    assert [f"{project}-exited", f"{project}-up"] == [one.name for one in seen]
    assert ("exited", "running", True) == (seen[0].state, seen[1].state, seen[1].anonymous_volumes)
    assert [_lasting(one) for one in seen] == [_lasting(one) for one in also]


def _lasting(container: Container) -> Container:
    """A container without what goes on changing."""
    return container.model_copy(update={"up_for": 0.0, "health_log": container.health_log[:1]})
