"""The proxy of a project and its routes: what can be written, and what is said about mistakes."""

from pathlib import Path
from typing import Any

import pytest

from stagecraft.config.ingress import IngressKeys
from stagecraft.config.load import load
from stagecraft.errors import ConfigError
from stagecraft.model.ingress import DriverName, Route

BEFORE = (
    "version: 1\nproject: shop\nenvironments: {demo: {}}\ningress:\n  service: proxy\n  driver: haproxy\n"
)


def keys(*routes: dict[str, Any]) -> IngressKeys:
    return IngressKeys.model_validate({"service": "proxy", "driver": "haproxy", "routes": routes})


def problem(folder: Path, *routes: str) -> tuple[str, str]:
    """What is said about routes, and where."""
    written = "".join(f"    - {route}\n" for route in routes)
    (folder / "stagecraft.yml").write_text(f"{BEFORE}  routes:\n{written}")
    with pytest.raises(ConfigError) as caught:
        load(folder / "stagecraft.yml")
    return caught.value.place, caught.value.message


def test_what_is_left_out_has_a_default() -> None:
    written = keys({"to": "web:8000"})

    assert (DriverName.HAPROXY, None, None) == (written.driver, written.file, written.include)
    assert Route(service="web", port=8000, drain=10) == written.routes[0].route()


def test_everything_that_can_be_said_of_a_route() -> None:
    route = {
        "host": "Shop.Example.com",
        "path": "/api/*",
        "to": "api:80",
        "health": "/up?deep=1",
        "drain": "1m",
    }

    assert (
        Route(host="shop.example.com", path="/api/*", service="api", port=80, health="/up?deep=1", drain=60)
        == keys(route).routes[0].route()
    )


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("{to: web}", "`ingress.routes[0].to` must be a service and its port, such as `web:8000`"),
        ('{to: "web:0"}', "`ingress.routes[0].to` must end in a port from 1 to 65535"),
        ('{to: "web:70000"}', "`ingress.routes[0].to` must end in a port from 1 to 65535"),
        ("{host: shop.example.com}", "`ingress.routes[0].to` is missing"),
        (
            '{to: "web:80", host: "http://shop"}',
            (
                "`ingress.routes[0].host` must be the name of a host such as `shop.example.com`,"
                " or `*.example.com` for all below"
            ),
        ),
        (
            '{to: "web:80", path: api}',
            "`ingress.routes[0].path` must be a path such as `/up`, or `/api/*` for everything below it",
        ),
        ('{to: "web:80", health: "/a b"}', "`ingress.routes[0].health` must be a path such as `/up`"),
        ('{to: "proxy:80"}', "`ingress.routes[0].to` must not be the proxy itself"),
        ('{to: "web:80", drian: 5s}', "`ingress.routes[0].drian` is not a known key"),
    ],
)
def test_a_route_that_means_nothing_is_refused(tmp_path: Path, route: str, words: str) -> None:
    assert ("stagecraft.yml:8", words) == problem(tmp_path, route)


def test_two_routes_that_match_the_same_are_refused(tmp_path: Path) -> None:
    routes = ('{host: a.example.com, path: /x, to: "web:1"}', '{host: A.example.com, path: /x, to: "api:1"}')

    words = "`ingress.routes[1]` matches the same as an earlier one: `a.example.com/x`"
    assert ("stagecraft.yml:9", words) == problem(tmp_path, *routes)


def test_one_target_has_one_health_path(tmp_path: Path) -> None:
    routes = ('{path: /x, to: "web:1", health: /up}', '{path: /y, to: "web:1", health: /alive}')

    words = "`ingress.routes[1].health` must be that of the other route to `web:1`: `/up`"
    assert ("stagecraft.yml:9", words) == problem(tmp_path, *routes)


def test_a_proxy_nobody_can_drive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stagecraft.yml").write_text(
        BEFORE.replace("haproxy", "nginx") + "  routes: [{to: 'web:1'}]\n"
    )

    with pytest.raises(ConfigError, match=r"`ingress\.driver` must be `haproxy` or `caddy`"):
        load(tmp_path / "stagecraft.yml")


def test_routes_are_needed(tmp_path: Path) -> None:
    (tmp_path / "stagecraft.yml").write_text(BEFORE + "  routes: []\n")

    with pytest.raises(ConfigError, match=r"`ingress\.routes` must not be empty"):
        load(tmp_path / "stagecraft.yml")
