"""Taking a project off real hosts."""

import pytest

from tests.e2e.conftest import NewFleetApp
from tests.e2e.fleet_app import FleetApp

pytestmark = pytest.mark.e2e


def volumes(app: FleetApp, host: str) -> list[str]:
    return app.fleet.docker(
        host, "volume", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={app.project}"
    ).split()


def status(app: FleetApp) -> str:
    return app.shop.stagecraft("status", "--env", "prod").stdout


def test_a_host_that_left_the_configuration_stays_until_it_is_destroyed(new_fleet_app: NewFleetApp) -> None:
    app = new_fleet_app(hosts={"host-1": "db", "host-3": "web", "host-4": "web"})
    app.deploy()
    left = app.containers("host-4")
    app.shop.replace("stagecraft.yml", "      host-4: {ssh: host-4, roles: [web]}\n", "")
    app.shop.commit("One host less")
    plan = app.shop.stagecraft("plan", "--env", "prod").stdout
    app.deploy()
    app.deploy()

    told = "`host-4` is no longer in the configuration"
    assert (True, True, left) == (told in plan, told in status(app), app.containers("host-4"))

    destroyed = app.finished("destroy", "--env", "prod", "--host", "host-4", "--yes")

    assert ("destroy", "completed") == (destroyed["kind"], destroyed["status"])
    assert {"host-1": {"db": 1}, "host-3": {"web": 1}, "host-4": {}} == (
        app.counts("host-1", "host-3", "host-4")
    )
    assert told not in status(app)
    assert "no drift" in status(app)


def test_volumes_stay_unless_they_are_asked_for(new_fleet_app: NewFleetApp) -> None:
    app = new_fleet_app(hosts={"host-1": "db"})
    app.deploy()
    refused = app.shop.stagecraft("destroy", "--env", "prod")
    assert (6, {"db": 1}) == (refused.returncode, app.counts("host-1")["host-1"])

    app.finished("destroy", "--env", "prod", "--yes")
    assert ({}, [f"{app.project}_data"]) == (app.containers("host-1"), volumes(app, "host-1"))
    assert "no release is current" in status(app)

    app.finished("destroy", "--env", "prod", "--yes", "--volumes")
    assert [] == volumes(app, "host-1")
