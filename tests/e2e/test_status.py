"""Drift made by hand on real hosts is seen, and nothing else is."""

import json
from typing import Any

import pytest

from tests.e2e.conftest import NewFleetApp
from tests.e2e.fleet_app import FleetApp
from tests.e2e.machine import Shop, ask

pytestmark = pytest.mark.e2e


def drift(app: FleetApp, code: int) -> dict[tuple[str, str], list[str]]:
    result = app.shop.stagecraft("status", "--env", "prod", "--format", "json", "--exit-code")
    assert code == result.returncode, result.stderr
    hosts: dict[str, Any] = json.loads(result.stdout)["hosts"]
    return {
        (host, service): found["drift"]
        for host, standing in hosts.items()
        for service, found in standing["services"].items()
        if found["drift"]
    }


def test_what_was_changed_by_hand_is_named_by_host_and_service(new_fleet_app: NewFleetApp) -> None:
    app = new_fleet_app()
    app.deploy()
    assert {} == drift(app, 0)

    labels = [f"--label=com.docker.compose.project={app.project}", "--label=com.docker.compose.oneoff=False"]
    extra = [*labels, "--label=com.docker.compose.service=debug", "--name", f"{app.project}-debug-1"]
    app.fleet.docker("host-2", "stop", *app.containers("host-2")["api"])
    app.fleet.docker("host-2", "rm", "--force", app.containers("host-2")["worker"][0])
    app.fleet.docker("host-1", "run", "--detach", *extra, "stagecraft-base:bookworm", "sleep", "600")

    assert {("host-1", "debug"), ("host-2", "api"), ("host-2", "worker")} == set(drift(app, 10))
    app.deploy()
    assert {} == drift(app, 0)


def test_the_engine_of_this_machine_is_looked_at_too(tiny: Shop) -> None:
    assert tiny.stagecraft("deploy", "--env", "demo").returncode == 0
    assert 0 == tiny.stagecraft("status", "--env", "demo", "--exit-code").returncode
    ask("docker", "pause", tiny.containers()["side"])
    looked = tiny.stagecraft("status", "--env", "demo", "--exit-code")

    assert 10 == looked.returncode
    assert "local side" in looked.stdout
    assert "it is paused" in looked.stdout
