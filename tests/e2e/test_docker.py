"""What the real engine answers to what is asked once."""

import os
from pathlib import Path

import pytest

from stagecraft.errors import UnavailableError
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.process import Processes
from stagecraft.runtime.redact import Redactor
from tests.e2e.machine import ask, free_port, run
from tests.e2e.stack import BASE
from tests.fakes import RecordingObserver

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("engine")]


@pytest.fixture
def docker() -> Docker:
    clock = SystemClock()
    processes = Processes(RecordingObserver(), Redactor(), tuple, clock)
    return Docker(EngineAccess.of(os.environ), processes, clock.monotonic)


def test_the_engine_and_the_base_image_are_of_one_platform(docker: Docker) -> None:
    image = docker.image(BASE)

    assert image is not None
    assert docker.info().platform == f"{image.os}/{image.architecture}"
    assert ask("docker", "image", "inspect", "--format={{.Id}}", BASE) == image.id


def test_an_image_that_is_not_there_is_none(docker: Docker) -> None:
    assert docker.image("stagecraft-no-such-image:1") is None


def test_an_engine_that_is_not_there_is_unavailable(docker: Docker, tmp_path: Path) -> None:
    socket = f"unix://{tmp_path}/no.sock"

    with pytest.raises(UnavailableError, match="does not answer"):
        Docker(docker.access.at(socket), docker._processes).info()


def test_a_tag_is_listed_until_it_is_removed(docker: Docker) -> None:
    tag = f"stagecraft-tags-{os.getpid()}:1"
    ask("docker", "tag", BASE, tag)

    listed = docker.tags(tag.partition(":")[0])
    removed = docker.remove_image(tag)

    assert ((tag,), True, ()) == (listed, removed, docker.tags(tag.partition(":")[0]))
    assert docker.remove_image(tag) is False


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
        projects = docker.projects()
    finally:
        run("docker", "rm", "--force", name)

    assert ("one", "two") == log
    assert ("127.0.0.1", port, "tcp", "blog", "web") in published
    assert "blog" in projects
