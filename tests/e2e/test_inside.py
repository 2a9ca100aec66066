"""`logs` and `exec` reach the right container on the right host."""

import pytest

from tests.e2e.conftest import NewFleetApp
from tests.e2e.fleet_app import FleetApp
from tests.e2e.machine import Result
from tests.e2e.runs import PATIENCE

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
