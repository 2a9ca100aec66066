"""How each service is replaced, and why so: decided from the text alone."""

from typing import Any

import pytest

from stagecraft.compose.pin import pin
from stagecraft.compose.render import render
from stagecraft.compose.strategy import reached_inside, seconds, strategies
from stagecraft.compose.text import DIGEST, load
from stagecraft.compose.use import acted, wanted
from stagecraft.errors import ConfigError
from stagecraft.model.strategy import FailureAction, Strategy
from tests.compose.models import model


def text(**service: Any) -> str:
    services = {"web": {"image": "x", **service}, "db": {"image": "postgres"}}
    rendered = render(
        model(services, volumes={"data": {}}, networks={"default": {}}),
        project="shop",
        services=["web", "db"],
        images={},
    )
    return rendered.text


def decided(**service: Any) -> tuple[str, str]:
    web = strategies(text(**service))["web"]
    return web.order.value, web.cause


def port(published: str) -> dict[str, Any]:
    return {"target": 80, "published": published, "protocol": "tcp"}


def volume(**mount: Any) -> dict[str, Any]:
    return {"volumes": [{"type": "volume", "target": "/data", **mount}]}


def bound(source: str, **mount: Any) -> dict[str, Any]:
    return {"volumes": [{"type": "bind", "source": source, "target": "/data", **mount}]}


def update(**config: Any) -> dict[str, Any]:
    return {"deploy": {"update_config": config}}


def said(rollout: object) -> dict[str, Any]:
    return {"x-stagecraft": {"rollout": rollout}}


@pytest.mark.parametrize(
    ("service", "cause"),
    [
        ({"ports": [port("8080")]}, "it publishes the host port 8080"),
        (
            {"ports": [port("8000-8001")], "scale": 2},
            "it publishes the host ports 8000-8001, of which none is to spare",
        ),
        ({"container_name": "shop"}, "it has the container name `shop`"),
        ({"network_mode": "host"}, "it uses the network of the host"),
        ({"network_mode": "service:db"}, "it uses the network of another container (`service:db`)"),
        (
            {"networks": {"default": {"ipv4_address": "10.0.0.9"}}},
            "it has a fixed address in the network `default`",
        ),
        (volume(source="data"), "it is one container that may write to the volume `data`"),
        (bound("./data"), "it is one container that may write to the folder `./data`"),
        (volume(), "it keeps data in an anonymous volume, `/data`"),
        (update(order="stop-first"), "`deploy.update_config.order` says so"),
        (said("recreate"), "`x-stagecraft.rollout` says so"),
    ],
)
def test_two_containers_at_once_are_avoided_where_they_would_clash_do_harm_or_are_not_wanted(
    service: dict[str, Any], cause: str
) -> None:
    assert ("recreate", cause) == decided(**service)


@pytest.mark.parametrize(
    "service",
    [
        {},
        {"ports": [{"target": 80, "protocol": "tcp"}]},
        {"ports": [port("8000-8001")]},
        {**volume(source="data"), "scale": 2},
        volume(source="data", read_only=True),
        bound("./data", read_only=True),
        {**bound("./data"), "scale": 2},
        bound("/var/run/docker.sock"),
        {"volumes": [{"type": "tmpfs", "target": "/data"}]},
        {"network_mode": "none"},
    ],
)
def test_start_first_is_the_rule(service: dict[str, Any]) -> None:
    assert ("start-first", "nothing forbids it") == decided(**service)


@pytest.mark.parametrize(
    ("service", "where"),
    [
        (update(order="start-first"), "deploy.update_config.order"),
        (said("start-first"), "x-stagecraft.rollout"),
    ],
)
def test_what_the_file_says_goes_before_a_doubt_but_not_before_what_is_impossible(
    service: dict[str, Any], where: str
) -> None:
    assert ("start-first", f"`{where}` says so") == decided(**service, **volume(source="data"))
    assert ("recreate", f"it publishes the host port 80, whatever `{where}` says") == decided(
        **service, ports=[port("80")]
    )


def test_the_word_of_the_service_goes_before_that_of_swarm() -> None:
    assert "recreate" == decided(**said("recreate"), **update(order="start-first"))[0]


def test_a_job_that_others_wait_for_is_never_run_twice_at_once() -> None:
    needs = {"depends_on": {"db": {"condition": "service_completed_successfully", "required": True}}}

    assert "it is a job that another service waits for" == strategies(text(**needs))["db"].cause


def test_batches_are_those_of_the_compose_file() -> None:
    config = {"parallelism": 2, "delay": "1m30s", "monitor": "1.5s", "failure_action": "pause"}

    assert (
        Strategy(
            order="start-first",
            cause="nothing forbids it",
            parallelism=2,
            delay=90,
            monitor=1.5,
            failure_action=FailureAction.PAUSE,
        )
        == (strategies(text(**update(**config)))["web"])
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [("0s", 0), ("500ms", 0.5), ("1.5s", 1.5), ("1h2m3s", 3723), ("2m0s", 120), ("250µs", 0.00025)],
)
def test_durations_are_read_as_go_prints_them(written: str, expected: float) -> None:
    assert expected == pytest.approx(seconds(written))


@pytest.mark.parametrize(
    ("service", "problem"),
    [
        (said("blue-green"), "`rollout: blue-green` is no way to replace a service"),
        (said({"canary": {}}), "is no way to replace a service"),
        ({"x-stagecraft": {"rolout": "recreate"}}, "`x-stagecraft` has a key that means nothing here"),
        ({"x-stagecraft": "recreate"}, "`x-stagecraft` has a key that means nothing here"),
        (update(failure_action="explode"), "`failure_action: explode` means nothing"),
    ],
)
def test_what_means_nothing_is_refused(service: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        text(**service)


def test_a_change_of_the_strategy_alone_replaces_nothing() -> None:
    plain = pin(text(), {})
    changed = pin(text(**said("recreate"), **update(order="stop-first", parallelism=3)), {})

    labels = [load(one)["services"]["web"]["labels"][DIGEST] for one in (plain, changed)]
    assert labels[0] == labels[1]
    assert acted(plain, {}) == acted(changed, {})


def test_the_goal_carries_the_strategy() -> None:
    assert ["`x-stagecraft.rollout` says so"] == [
        service.strategy.cause
        for service in wanted(text(**said("recreate")), {}).services
        if service.name == "web"
    ]


def test_services_that_others_call_are_named_if_they_are_replaced_start_first() -> None:
    needs = {"depends_on": {"db": {"condition": "service_started", "required": True}}}

    assert ["db"] == reached_inside(text(**needs))
    assert ["web"] == reached_inside(text(expose=["80"]))
    assert [] == reached_inside(text(expose=["80"], **said("recreate")))
