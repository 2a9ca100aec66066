"""What a deploy finds missing before it takes a number: one message, exit 3, and no store."""

import socket
from pathlib import Path

import pytest

from tests.e2e.conftest import NewShop
from tests.e2e.machine import Shop, ask, free_port
from tests.e2e.tiny import deploy, fates, inside, newest

pytestmark = pytest.mark.e2e


def refused(project: Shop) -> str:
    """Deploy what cannot be deployed; return what was said, once it is clear that nothing was touched."""
    before = project.containers()
    result = project.stagecraft("deploy", "--env", "demo")
    assert 3 == result.returncode, result.stderr
    assert before == project.containers()
    assert not (project.root / ".stagecraft").exists()
    return result.stderr


def test_an_engine_that_does_not_answer_is_named_with_its_address(tiny: Shop, tmp_path: Path) -> None:
    tiny.environment["DOCKER_HOST"] = f"unix://{tmp_path}/nobody.sock"

    said = refused(tiny)

    assert f"the Docker engine at `unix://{tmp_path}/nobody.sock` does not answer" in said


def test_a_registry_that_does_not_answer_is_named(tiny: Shop) -> None:
    port = free_port()
    tiny.replace("stagecraft.yml", "retain: 10", f"registry: localhost:{port}/shop\nretain: 10")

    assert f"registry `localhost:{port}` does not answer: connection refused" in refused(tiny)


def test_every_problem_is_in_one_message(tiny: Shop) -> None:
    del tiny.environment["TOKEN"]
    (tiny.root / "web.env").unlink()
    tiny.replace("compose.yml", "image: stagecraft-base:bookworm", "image: localhost:1/nowhere:1")

    said = refused(tiny)

    assert "error: 3 problems, nothing was touched:" in said
    assert "`TOKEN` (variable `TOKEN` is not set)" in said
    assert "`web.env` is not there" in said
    assert "image `localhost:1/nowhere:1` is neither here nor in its registry" in said


def test_an_image_for_another_machine_is_refused(tiny: Shop) -> None:
    tiny.replace("compose.yml", "  side:\n", "  side:\n    platform: linux/s390x\n")

    assert "service `side` is for `linux/s390x`, but the engine runs `linux/" in refused(tiny)


def test_a_port_of_another_compose_project_is_named_and_adopting_it_suggested(new_tiny: NewShop) -> None:
    first, second = new_tiny(None), new_tiny(None)
    deploy(first)
    second.replace("stagecraft.yml", f'PORT: "{second.port}"', f'PORT: "{first.port}"')

    said = refused(second)

    assert f"port {first.port} of service `web` belongs to Compose project `{first.name}`" in said
    assert f"`compose_project: {first.name}` adopts what runs there, with its volumes" in said


def test_a_port_that_another_program_listens_on_fails_the_rollout_and_is_named(tiny: Shop) -> None:
    with socket.create_server(("127.0.0.1", tiny.port)):
        result = tiny.stagecraft("deploy", "--env", "demo")

    assert 5 == result.returncode
    assert f"127.0.0.1:{tiny.port}" in result.stderr
    assert "failed" == fates(newest(tiny))["rollout"]
    deploy(tiny)
    assert {"web", "worker", "side"} == set(tiny.containers())


def test_a_running_stack_is_adopted_with_its_volumes(tiny: Shop) -> None:
    values = {"PORT": str(tiny.port), "GREETING": "Good morning"}
    tiny.environment.update(values)
    tiny.compose("up", "--detach", "--build", "--wait")
    inside(tiny, "web", "sh", "-c", "echo precious > /data/thing")
    plain = tiny.containers()

    deploy(tiny)

    assert set(plain) == set(tiny.containers())
    assert "precious" == inside(tiny, "web", "cat", "/data/thing")
    volumes = ask("docker", "volume", "ls", "--quiet", "--filter", f"name={tiny.name}").split()
    assert [f"{tiny.name}_data"] == volumes
