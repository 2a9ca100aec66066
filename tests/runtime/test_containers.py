"""From what `docker inspect` prints to containers."""

import json
from datetime import UTC, datetime
from typing import Any

from stagecraft.model.observed import Container, Health
from stagecraft.runtime.containers import TEMPLATE, listing, parse

NOW = datetime(2026, 11, 20, 8, 0, 10, tzinfo=UTC)


def line(**changes: Any) -> str:
    state = {"Status": "running", "ExitCode": 0, "StartedAt": "2026-11-20T08:00:00.500000000Z"}
    found = {
        "id": "c1",
        "name": "/shop-web-2",
        "state": {**state, **changes.pop("state", {})},
        "restarts": 1,
        "image": "shop/web:1",
        "image_id": "sha256:1",
        "volumes": "data ",
        "networks": {"shop_default": {"IPAddress": "172.19.0.2"}, "none": {"IPAddress": ""}},
        "service": "web",
        "number": "2",
        "replaces": None,
        "digest": "sha256:d",
        "inputs": None,
        **changes,
    }
    return json.dumps(found) + "\n"


def one(**changes: Any) -> Container:
    return parse(line(**changes), lambda: NOW)[0]


def test_a_running_container_is_read_with_its_labels_and_its_age_by_the_engines_clock() -> None:
    expected = Container(
        id="c1",
        name="shop-web-2",
        service="web",
        number=2,
        state="running",
        restarts=1,
        up_for=9.5,
        digest="sha256:d",
        image="shop/web:1",
        image_id="sha256:1",
        addresses={"shop_default": "172.19.0.2"},
    )

    assert expected == one()


def test_a_container_that_does_not_run_has_no_age() -> None:
    assert 0 == one(state={"Status": "exited", "ExitCode": 3}).up_for


def test_a_clock_that_is_behind_gives_no_negative_age() -> None:
    assert 0 == one(state={"StartedAt": "2026-11-20T08:00:11Z"}).up_for


def test_the_outputs_of_health_checks_are_read() -> None:
    health = {"Status": "unhealthy", "Log": [{"Output": "refused\n"}, {"Output": "timed out"}]}

    found = one(state={"Health": health})

    assert (Health.UNHEALTHY, ("refused", "timed out")) == (found.health, found.health_log)


def test_a_container_without_our_labels_is_read_too() -> None:
    assert ("", "") == ((found := one(digest=None)).digest, found.inputs)


def test_the_environment_of_a_container_is_never_asked_for() -> None:
    assert "Env" not in TEMPLATE


def test_containers_of_docker_compose_run_are_not_listed() -> None:
    assert "--filter=label=com.docker.compose.oneoff=False" in listing("shop")


def test_a_volume_that_nobody_named_is_anonymous() -> None:
    assert (False, True) == (one().anonymous_volumes, one(volumes=f"data {'0a' * 32} ").anonymous_volumes)
