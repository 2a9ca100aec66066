"""The ingress in a host's text: what the proxy is given, and what the rollout reads back."""

from typing import Any

import pytest
import yaml

from stagecraft.compose.ingress import CONFIG, IngressFile, check, check_place, ingress_of
from stagecraft.compose.pin import pin
from stagecraft.compose.render import render
from stagecraft.compose.use import acted, wanted
from stagecraft.errors import ConfigError
from stagecraft.model.ingress import DriverName, Ingress, Route, Routed
from tests.compose.models import model

NETWORK = {"default": None}
SERVICES: dict[str, Any] = {
    "proxy": {"image": "haproxy", "networks": NETWORK},
    "web": {"image": "web", "networks": NETWORK},
    "worker": {"image": "web", "networks": NETWORK},
}
INGRESS = Ingress(
    service="proxy",
    driver=DriverName.HAPROXY,
    file="/etc/proxy.cfg",
    routes=(Route(service="web", port=8000, drain=7), Route(service="web", port=9000, path="/x", drain=20)),
)


def text(*, services: tuple[str, ...] = ("proxy", "web", "worker"), content: str = "bind :80\n") -> str:
    """The text of a host."""
    whole = model(SERVICES, networks={"default": {"name": "shop_default"}})
    rendered = render(
        whole, project="shop", services=services, images={}, ingress=IngressFile(INGRESS, content)
    )
    return pin(rendered.text, {})


def refusal(changes: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        check(model({**SERVICES, **changes}), INGRESS)
    return f"{caught.value.place}: {caught.value.message}"


def test_the_proxy_mounts_its_configuration_and_the_routes_are_part_of_the_text() -> None:
    written = yaml.safe_load(text(content="log $host\n"))

    assert [{"source": CONFIG, "target": "/etc/proxy.cfg", "mode": 0o444}] == written["services"]["proxy"][
        "configs"
    ]
    assert "log $$host\n" == written["configs"][CONFIG]["content"]
    assert INGRESS == ingress_of(text())


def test_another_configuration_is_another_definition_of_the_proxy_alone() -> None:
    before, after = (wanted(text(content=content), {}) for content in ("bind :80\n", "bind :81\n"))

    changed = [
        old.name for old, new in zip(before.services, after.services, strict=True) if old.digest != new.digest
    ]
    assert ["proxy"] == changed


def test_a_host_without_the_proxy_has_no_ingress() -> None:
    without = text(services=("web", "worker"))

    assert None is ingress_of(without)
    assert CONFIG not in without


def test_compose_is_not_told_about_the_routes() -> None:
    assert "x-stagecraft" not in acted(text(), {})


def test_the_goal_says_which_services_the_proxy_leads_to_and_how_long_they_drain() -> None:
    goal = wanted(text(), {})

    assert "proxy" == goal.ingress
    assert {"proxy": None, "web": Routed(ports=(8000, 9000), drain=20), "worker": None} == {
        service.name: service.routed for service in goal.services
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"proxy": {"image": "haproxy", "networks": {"front": None}}},
            "ingress.routes.0.to: the ingress `proxy` cannot reach `web`: they share no network",
        ),
        (
            {
                "proxy": {
                    **SERVICES["proxy"],
                    "volumes": [{"type": "bind", "source": "a", "target": "/etc/proxy.cfg"}],
                }
            },
            "services.proxy: the ingress `proxy` has its own `/etc/proxy.cfg`, which Stagecraft writes",
        ),
    ],
)
def test_a_proxy_that_cannot_work_is_refused(changes: dict[str, Any], words: str) -> None:
    assert words == refusal(changes)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("proxy", "ingress.service: the ingress `proxy` is no service of the Compose file"),
        ("web", "ingress.routes.0.to: `web` is no service of the Compose file"),
    ],
)
def test_a_service_that_is_not_there_is_refused(missing: str, words: str) -> None:
    services = {name: service for name, service in SERVICES.items() if name != missing}
    with pytest.raises(ConfigError) as caught:
        check(model(services), INGRESS)

    assert words == f"{caught.value.place}: {caught.value.message}"


def test_a_host_with_the_proxy_runs_what_it_leads_to() -> None:
    check_place(INGRESS, "db-1", ["db"])
    check_place(INGRESS, "web-1", ["proxy", "web"])

    with pytest.raises(ConfigError, match="host `web-2` runs the ingress `proxy` but not `web`"):
        check_place(INGRESS, "web-2", ["proxy", "worker"])
