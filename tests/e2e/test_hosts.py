"""One project over several real hosts, through the command line: deploy, again, a change, back."""

import json
from typing import Any

import pytest

from tests.e2e.conftest import NewFleetApp
from tests.e2e.fleet_app import SPREAD, FleetApp

pytestmark = pytest.mark.e2e

WHOLE = {"host-1": {"db": 1}, "host-2": {"api": 1, "worker": 2}, "host-3": {"web": 1}, "host-4": {"web": 1}}
"""How many containers of which service belong on which host."""


@pytest.fixture
def app(new_fleet_app: NewFleetApp) -> FleetApp:
    """One project on four hosts in three roles; `host-4` is reached through the jump host."""
    return new_fleet_app(ssh={"host-4": "via-host-4"})


def statuses(release: dict[str, Any]) -> dict[str, str]:
    return {host: record["status"] for host, record in release["hosts"].items()}


def waves(app: FleetApp) -> list[tuple[int, list[str]]]:
    """Wave -> hosts rolled out in it, as `plan` has it."""
    plan = json.loads(app.shop.stagecraft("plan", "--env", "prod", "--format", "json").stdout)
    steps = next(phase["steps"] for phase in plan["phases"] if phase["name"] == "rollout")
    found: dict[int, list[str]] = {}
    for step in steps:
        if step["kind"] == "rollout":
            found.setdefault(step["wave"], []).append(step["host"])
    return sorted(found.items())


def test_a_release_goes_over_the_hosts_in_the_order_of_their_roles_and_a_second_changes_nothing(
    app: FleetApp,
) -> None:
    assert [(1, ["host-1"]), (2, ["host-2"]), (3, ["host-3", "host-4"])] == waves(app)

    first = app.deploy()
    before = app.everywhere()
    second = app.deploy()

    assert dict.fromkeys(SPREAD, "updated") == statuses(first)
    assert WHOLE == app.counts()
    assert "web is up" in app.says("host-4", "web")
    assert dict.fromkeys(SPREAD, "unchanged") == statuses(second)
    assert before == app.everywhere()


def test_a_change_touches_the_hosts_of_its_role_only_and_a_rollback_takes_it_back(app: FleetApp) -> None:
    app.deploy()
    before = app.everywhere()
    app.edit("web", "echo another web\ntouch /tmp/up\nexec sleep 1000\n")
    changed = app.deploy()
    after = app.everywhere()

    assert {"host-1": "unchanged", "host-2": "unchanged", "host-3": "updated", "host-4": "updated"} == (
        statuses(changed)
    )
    assert {"host-3", "host-4"} == {host for host in SPREAD if before[host] != after[host]}
    assert "another web" in app.says("host-3", "web")

    back = app.finished("rollback", "--env", "prod")

    assert "completed" == back["status"]
    assert WHOLE == app.counts()
    assert "web is up" in app.says("host-3", "web")
    assert {host: after[host] for host in ("host-1", "host-2")} == app.everywhere("host-1", "host-2")


def test_an_image_is_on_every_host_before_the_first_container_anywhere_is_touched(app: FleetApp) -> None:
    events = app.events("deploy", "--env", "prod")
    steps = [(event["kind"], event["status"]) for event in events if event["event"] == "step"]
    acting = next(place for place, event in enumerate(events) if event["event"] == "action")
    pulled = [event for event in events[:acting] if event["event"] == "step" and event["kind"] == "pull"]

    assert 4 == steps.count(("pull", "completed"))
    assert set(SPREAD) == {event["host"] for event in pulled if event["status"] == "completed"}
