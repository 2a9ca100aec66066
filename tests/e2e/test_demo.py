"""`scripts/demo` where everything is up already, and once more (README, "Try it here")."""

from pathlib import Path

import pytest

from tests.e2e.machine import base_environment, free_port, run

pytestmark = pytest.mark.e2e


def test_the_demo_runs_and_a_second_time_too(engine: None, tmp_path: Path) -> None:
    port = str(free_port())
    around = base_environment() | {"STAGECRAFT_DEMO": str(tmp_path), "STAGECRAFT_DEMO_PORT": port}
    try:
        first, second = (run("scripts/demo", env=around, timeout=600) for _ in range(2))
    finally:
        run("docker", "compose", "--project-name", "shop-demo", "down", "--volumes")
        if (pid := tmp_path / "registry.pid").is_file():
            run("scripts/registry", "stop", pid.read_text().strip())

    assert (0, 0) == (first.returncode, second.returncode), first.stderr + second.stderr
    for result, before in ((first, 0), (second, 3)):
        said = result.stdout.splitlines()
        assert f"== The shop is at http://localhost:{port}" in said
        assert ["<p>Good morning</p>", "<p>Good evening</p>", "<p>Good morning</p>"] == [
            line for line in said if line.startswith("<p>")
        ]
        assert any(line.startswith(f"* demo-{before + 2} ") for line in said)
        assert any(f"demo-{before + 3} completed" in line and "back to" in line for line in said)
