"""The fleet itself: its hosts are real, and it leaves nothing behind."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.fleet import Fleet, running_fleet
from tests.e2e.machine import IMAGES, ROOT, ask, base_environment, run

pytestmark = [pytest.mark.e2e, pytest.mark.beside]


@pytest.fixture
def image(fleet: Fleet) -> Iterator[str]:
    """An image that is only in the fleet's registry; about 130 MB."""
    reference = f"{fleet.registry.address}/fleet/image:1"
    ask("docker", "tag", IMAGES[0], reference)
    ask("docker", "push", "--quiet", reference)
    ask("docker", "image", "rm", reference)
    yield reference
    for host in fleet.hosts:
        run(
            "scripts/fleet",
            "exec",
            host,
            "docker",
            "image",
            "rm",
            "--force",
            reference,
            env=fleet.environment,
        )


def left_behind(folder: str, number: str) -> list[str]:
    """Links, control groups, processes and mounts of a fleet that is down."""
    links = [line for line in ask("ip", "-brief", "link").splitlines() if line.startswith(f"scf{number}@")]
    groups = ask("find", "/sys/fs/cgroup", "-name", f"scf-{number}-*").splitlines()
    processes = [line for line in ask("ps", "-eo", "pid,args").splitlines() if folder in line]
    mounts = [
        line for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines() if folder in line
    ]
    files = [folder] if Path(folder).exists() else []
    return links + groups + processes + mounts + files


def test_every_host_has_an_engine_a_name_and_locks_of_its_own(fleet: Fleet) -> None:
    for host in fleet.hosts:
        fleet.on(host, "touch", f"/run/lock/{host}")
    assert list(fleet.hosts) == [fleet.docker(host, "info", "--format", "{{.Name}}") for host in fleet.hosts]
    assert list(fleet.hosts) == [
        fleet.on(host, "sh", "-c", "ls /run/lock | grep host-") for host in fleet.hosts
    ]


def test_one_reference_is_right_on_the_client_and_on_every_host(fleet: Fleet, image: str) -> None:
    for host in fleet.hosts[:2]:
        assert "it runs" == fleet.docker(host, "run", "--rm", "--quiet", image, "echo", "it runs")


def test_the_small_host_has_a_full_disk_when_it_pulls(fleet: Fleet, image: str) -> None:
    pull = run("scripts/fleet", "exec", "host-5", "docker", "pull", "--quiet", image, env=fleet.environment)
    assert pull.returncode != 0
    assert "no space left on device" in pull.stderr


def test_a_fleet_that_is_down_leaves_nothing_behind() -> None:
    with running_fleet(1, "--images") as fleet:
        number = (fleet.folder / "number").read_text(encoding="utf-8").strip()
        fleet.docker("host-1", "run", "--detach", IMAGES[0], "sleep", "600")
        assert left_behind(str(fleet.folder), number)
    assert [] == left_behind(str(fleet.folder), number)


@pytest.mark.parametrize("seconds", [0.3, 0.9, 1.8])
def test_a_killed_up_is_taken_away_by_down(tmp_path: Path, seconds: float) -> None:
    folder = tempfile.mkdtemp(dir=tmp_path)
    environment = base_environment() | {"STAGECRAFT_FLEET": folder}
    with subprocess.Popen(("scripts/fleet", "up", "2"), cwd=ROOT, env=environment) as up:
        time.sleep(seconds)
        up.kill()
    known = Path(folder) / "number"
    number = known.read_text(encoding="utf-8").strip() if known.exists() else "none"
    ask("scripts/fleet", "down", env=environment)
    assert [] == left_behind(folder, number)


def test_a_fleet_that_cannot_come_up_says_why_and_leaves_nothing_behind(tmp_path: Path) -> None:
    broken = tmp_path / "bin/iptables"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho out of order\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    folder = tmp_path / "fleet"
    environment = base_environment() | {"STAGECRAFT_FLEET": str(folder)}
    environment["PATH"] = f"{broken.parent}:{environment['PATH']}"
    up = run("scripts/fleet", "up", "1", env=environment)
    assert (1, "fleet: host-1 ended: out of order\n") == (up.returncode, up.stderr)
    assert [] == left_behind(str(folder), "none")
