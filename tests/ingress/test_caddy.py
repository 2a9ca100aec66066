"""Caddy: the file it is given, and what is said to its admin interface; the replies are real, of 2.6.2."""

import json
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.errors import ConfigError
from stagecraft.ingress.caddy import Caddy
from stagecraft.ingress.caddy_admin import answers
from stagecraft.model.ingress import DriverName, Duty, Ingress, Route, Share, Traffic

FOLDER = Path(__file__).parents[2] / "testdata/ingress"
FRESH, REPLY, REFUSED = (
    (FOLDER / f"caddy-2.6{name}.txt").read_bytes().decode() for name in ("-fresh", "", "-refused")
)
SHOP = Route(host="shop.example.com", service="web", port=8000)
API = Route(host="shop.example.com", path="/api/*", service="api", port=8000)
INGRESS = Ingress(service="proxy", driver=DriverName.CADDY, routes=(SHOP, API))
OWN = """\
{
	email admin@example.com
}

shop.example.com {
	encode gzip
	import stagecraft
}
"""


def share(number: int, weight: int = 100) -> Share:
    return Share(container=f"shop-web-{number}", address="", weight=weight)


def loads(reply: str, traffic: Traffic) -> dict[str, Any]:
    request = Caddy().switch(INGRESS, reply, traffic)
    head, _, body = request.partition("\r\n\r\n")
    assert head.startswith("POST /load HTTP/1.1\r\n")
    assert f"Content-Length: {len(body)}" in head
    return dict(json.loads(body))


def routes(config: dict[str, Any]) -> list[Any]:
    return list(config["apps"]["http"]["servers"]["srv0"]["routes"])


def led_to(config: dict[str, Any], service: str) -> list[str]:
    """What the requests of a service are led to, as often as it is written."""
    text = json.dumps(routes(config)[0])
    dials = [part.partition('"')[0] for part in text.split('"dial": "')[1:]]
    return [dial for dial in dials if dial.startswith((f"shop-{service}-", f"{service}:"))]


def gone(config: dict[str, Any]) -> dict[str, list[str]]:
    return {
        route["@id"]: [upstream["dial"] for upstream in route["handle"][0]["upstreams"]]
        for route in routes(config)[1:]
    }


def loaded(config: dict[str, Any]) -> str:
    """A reply of the proxy once it runs with this."""
    adapted, _, upstreams = answers(REPLY)
    return "".join(
        f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        for body in (adapted.body, json.dumps(config), upstreams.body)
    )


def test_the_file_has_the_routes_and_a_site_with_https_for_each_host(golden: SnapshotAssertion) -> None:
    anywhere = Route(path="/up", service="web", port=8000, health="/up")
    ingress = INGRESS.model_copy(
        update={"routes": (SHOP.model_copy(update={"health": "/up"}), API, anywhere)}
    )

    assert Caddy().render(ingress, "") == golden


def test_the_users_own_file_says_where_the_routes_go(golden: SnapshotAssertion) -> None:
    assert Caddy().render(INGRESS, OWN) == golden


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        ("shop.example.com {\n\trespond hello\n}\n", "does not say `import stagecraft`"),
        ("{\n\tadmin off\n}\n:80 {\n\timport stagecraft\n}\n", "moves Caddy's admin interface"),
    ],
)
def test_a_file_without_a_place_for_the_routes_or_a_door_for_us_is_refused(own: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        Caddy().render(INGRESS, own)


RESUMES = ["caddy", "run", "--resume", "--config", "/etc/caddy/Caddyfile"]


def test_a_plan_says_what_a_switch_costs() -> None:
    assert "closes idle kept connections" in Caddy().notes(INGRESS, {})[0]


@pytest.mark.parametrize(
    ("service", "forgets"),
    [
        ({}, "a restart"),
        ({"command": ["caddy", "run", "--config", "/etc/caddy/Caddyfile"]}, "a restart"),
        ({"command": "caddy run --config /etc/caddy/Caddyfile"}, "a restart"),
        ({"command": RESUMES}, "a new container"),
        ({"command": RESUMES, "volumes": [{"target": "/data"}, {"target": "/conf"}]}, "a new container"),
        (
            {
                "command": RESUMES,
                "volumes": [{"target": "/config"}],
                "environment": {"XDG_CONFIG_HOME": "/x"},
            },
            "a new container",
        ),
    ],
)
def test_a_plan_says_when_it_forgets_who_serves(service: dict[str, Any], forgets: str) -> None:
    assert f"{forgets} forgets who serves" in Caddy().notes(INGRESS, service)[1]


@pytest.mark.parametrize(
    "service",
    [
        {"command": RESUMES, "volumes": [{"target": "/config/"}]},
        {"command": " ".join(RESUMES), "volumes": [{"target": "/config/caddy"}, {"target": "/config"}]},
        {
            "command": RESUMES,
            "volumes": [{"target": "/srv"}],
            "environment": {"XDG_CONFIG_HOME": "/srv/config"},
        },
    ],
)
def test_one_that_resumes_what_is_on_a_volume_forgets_nothing(service: dict[str, Any]) -> None:
    assert 1 == len(Caddy().notes(INGRESS, service))


def test_it_is_asked_on_one_connection_what_its_file_means() -> None:
    elsewhere = INGRESS.model_copy(update={"file": "/srv/Caddyfile"})

    assert "\r\n\r\nimport /etc/caddy/Caddyfile\n" in Caddy().question(INGRESS)
    assert "\r\n\r\nimport /srv/Caddyfile\n" in Caddy().question(elsewhere)
    assert ["POST /adapt", "GET /config/", "GET /reverse_proxy/upstreams"] == [
        line.removesuffix(" HTTP/1.1").removeprefix("import /etc/caddy/Caddyfile\n")
        for line in Caddy().question(INGRESS).replace("Caddyfile\nGET", "Caddyfile\nX\r\nGET").split("\r\n")
        if "HTTP/1.1" in line
    ]
    assert 1 == Caddy().question(INGRESS).count("Connection: close")


def test_a_proxy_that_just_started_has_found_its_upstreams_by_itself() -> None:
    assert {("web", "web", Duty.STANDS_BY), ("api", "api", Duty.STANDS_BY)} == {
        (each.service, each.address, each.duty) for each in Caddy().upstreams(INGRESS, FRESH)
    }


def test_a_reply_tells_who_serves_who_drains_and_what_is_in_flight() -> None:
    assert {
        ("api", "shop-api-1", Duty.SERVES, 1, 0),
        ("web", "shop-web-1", Duty.DRAINS, 1, 2),
        ("web", "shop-web-2", Duty.SERVES, 9, 1),
        ("web", "shop-web-3", Duty.SERVES, 1, 0),
    } == {
        (each.service, each.address, each.duty, each.weight, each.in_flight)
        for each in Caddy().upstreams(INGRESS, REPLY)
    }


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "SSH-2.0-OpenSSH\r\n\r\n",
        REPLY.partition("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTrailer")[0],
        REFUSED,
    ],
)
def test_a_reply_that_tells_nothing_is_an_error(reply: str) -> None:
    with pytest.raises(ValueError, match=r"admin interface|invalid character"):
        Caddy().upstreams(INGRESS, reply)


def test_whoever_served_drains_behind_a_matcher_that_never_matches() -> None:
    config = loads(REPLY, {"web": [share(3)]})

    assert ["shop-web-3:8000"] == led_to(config, "web")
    assert {"stagecraft:web:8000": ["shop-web-1:8000", "shop-web-2:8000"]} == gone(config)
    assert [{"expression": "false"}] == routes(config)[1]["match"]


def test_a_service_that_is_not_switched_and_all_else_stay_as_they_are() -> None:
    config = loads(REPLY, {"web": [share(3)]})

    assert ["shop-api-1:8000"] == led_to(config, "api")
    assert "elsewhere:9000" in json.dumps(config)
    assert {"disable": True, "skip": ["shop.example.com"]} == config["apps"]["http"]["servers"]["srv0"][
        "automatic_https"
    ]


def test_what_drains_can_come_back_and_what_has_nothing_in_flight_is_let_go() -> None:
    idle = REPLY.replace('"shop-web-1:8000","num_requests":2', '"shop-web-1:8000","num_requests":0')

    assert {"stagecraft:web:8000": ["shop-web-2:8000", "shop-web-3:8000"]} == gone(
        loads(REPLY, {"web": [share(1)]})
    )
    assert {} == gone(loads(idle, {"web": [share(2), share(3)]}))


def test_the_same_switch_again_loads_the_same_configuration() -> None:
    traffic = {"web": [share(2, 90), share(3, 10)]}
    first = loads(REPLY, traffic)

    assert first == loads(loaded(first), traffic)


def test_weights_are_how_often_an_upstream_is_written_and_it_goes_round() -> None:
    config = loads(REPLY, {"web": [share(2, 90), share(3, 10)]})

    assert ["shop-web-2:8000"] * 9 + ["shop-web-3:8000"] == led_to(config, "web")
    assert '"selection_policy": {"policy": "round_robin"}' in json.dumps(config)
    assert "selection_policy" not in json.dumps(loads(REPLY, {"web": [share(2), share(3)]}))


def test_a_proxy_that_runs_with_another_file_is_led_anew() -> None:
    other = REPLY.replace('"path":["/api/*"]', '"path":["/apo/*"]', 1)

    assert {Duty.STANDS_BY, Duty.DRAINS} == {each.duty for each in Caddy().upstreams(INGRESS, other)}
    assert '"/apo/*"' in json.dumps(loads(other, {"web": [share(3)]}))


def test_a_service_without_a_container_is_led_to_by_its_name() -> None:
    assert ["web:8000"] == led_to(loads(REPLY, {"web": []}), "web")


def test_a_target_that_the_file_does_not_lead_to_is_an_error() -> None:
    other = INGRESS.model_copy(update={"routes": (Route(service="web", port=9000),)})

    with pytest.raises(ValueError, match="leads nowhere to `web:9000`"):
        Caddy().switch(other, REPLY, {"web": [share(1)]})


def test_a_load_that_is_answered_is_the_acknowledgement() -> None:
    assert "" == Caddy().refusal(
        INGRESS, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", {}
    )
    assert "decoding request body" in Caddy().refusal(INGRESS, REFUSED, {})
    assert "its admin interface did not answer" == Caddy().refusal(INGRESS, "", {})
