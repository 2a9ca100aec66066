"""HAProxy: the file it is given, and what is said to its runtime socket; the reply is a real one, of 2.6."""

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.errors import ConfigError
from stagecraft.ingress.haproxy import Haproxy
from stagecraft.model.ingress import DriverName, Duty, Ingress, Route, Share

REPLY = (Path(__file__).parents[2] / "testdata/ingress/haproxy-2.6.txt").read_text()
SHOP = Route(host="shop.example.com", service="web", port=8000, health="/up")
API = Route(host="shop.example.com", path="/api/*", service="api.v_1-x", port=8000)
INGRESS = Ingress(
    service="proxy",
    driver=DriverName.HAPROXY,
    routes=(SHOP, API, Route(host="*.example.com", service="web", port=8000)),
)
WEB = "stagecraft:web:8000"


def commands(*shares: Share) -> list[str]:
    request = Haproxy().switch(INGRESS, REPLY, {"web": shares})
    return [command.replace(f"set server {WEB}/", "") for command in request.strip().split(";")[:-2]]


def share(address: str, weight: int = 100) -> Share:
    return Share(container="web-1", address=address, weight=weight)


def test_the_file_has_the_routes_the_servers_and_a_door_for_us(golden: SnapshotAssertion) -> None:
    assert Haproxy().render(INGRESS, "") == golden


def test_the_routes_are_put_into_the_last_frontend_of_the_users_own_file(golden: SnapshotAssertion) -> None:
    own = "global\n    maxconn 9\n\ndefaults\n    mode http\n\nfrontend all\n    bind :443 ssl crt /certs/\n"

    assert Haproxy().render(INGRESS, own) == golden


@pytest.mark.parametrize(
    "own", ["# nothing\n", "frontend a\n    bind :80\nbackend b\n    server c 10.0.0.1\n"]
)
def test_a_file_that_does_not_end_in_a_frontend_has_no_place_for_the_routes(own: str) -> None:
    with pytest.raises(ConfigError, match=r"`ingress\.include`"):
        Haproxy().render(INGRESS, own)


def test_a_more_particular_route_comes_first() -> None:
    routes = (
        Route(service="any", port=1),
        Route(host="*.example.com", service="wild", port=1),
        Route(host="a.example.com", service="host", port=1),
        Route(host="a.example.com", path="/api/*", service="api", port=1),
        Route(host="a.example.com", path="/api/v2/*", service="v2", port=1),
        Route(host="a.example.com", path="/api", service="exact", port=1),
        Route(path="/up", service="up", port=1),
    )
    text = Haproxy().render(Ingress(service="proxy", driver=DriverName.HAPROXY, routes=routes), "")

    chosen = [line.split()[1].split(":")[1] for line in text.splitlines() if "use_backend" in line]
    assert ["exact", "v2", "api", "host", "wild", "up", "any"] == chosen


def test_a_reply_tells_who_serves_who_drains_and_what_is_in_flight() -> None:
    found = Haproxy().upstreams(INGRESS, REPLY)

    assert {
        ("172.19.0.2", Duty.DRAINS, 100, 2),
        ("172.19.0.3", Duty.SERVES, 30, 0),
        ("172.19.0.2", Duty.STANDS_BY, 100, 0),
        ("172.19.0.3", Duty.STANDS_BY, 100, 0),
    } == {(each.address, each.duty, each.weight, each.in_flight) for each in found}
    assert {("web", 8000)} == {(each.service, each.port) for each in found}


@pytest.mark.parametrize("reply", ["", "Permission denied\n", REPLY.partition("\n\n# pxname")[0]])
def test_a_reply_that_tells_nothing_is_an_error(reply: str) -> None:
    with pytest.raises(ValueError, match="in what it says"):
        Haproxy().upstreams(INGRESS, reply)


def test_a_new_container_gets_a_free_slot_before_the_old_one_drains() -> None:
    assert [
        "slot3 addr 172.19.0.9 port 8000",
        "slot3 weight 100",
        "slot3 state ready",
        "slot1 state drain",
        "slot2 state drain",
    ] == commands(share("172.19.0.9"))


def test_a_container_that_serves_keeps_its_slot_and_one_that_drains_comes_back_in_another() -> None:
    assert [
        "slot2 addr 172.19.0.3 port 8000",
        "slot2 weight 100",
        "slot2 state ready",
        "slot3 addr 172.19.0.2 port 8000",
        "slot3 weight 50",
        "slot3 state ready",
        "slot1 state drain",
    ] == commands(share("172.19.0.3"), share("172.19.0.2", 50))


def test_a_slot_whose_check_is_under_way_is_given_last_of_the_free_ones() -> None:
    free = r"(stagecraft:web:8000 \d slot1) 172\.19\.0\.2 2 12 100 100 0 15 3 2 6"
    asked = re.sub(free, r"\1 172.19.0.2 0 5 100 100 0 15 3 2 15", REPLY)
    said = Haproxy().switch(INGRESS, asked, {"web": [share("172.19.0.2")]})

    assert "slot3 addr 172.19.0.2" in said
    assert "slot1" not in said


def test_a_slot_without_requests_is_free_again_and_one_with_requests_is_not() -> None:
    idle = REPLY.replace(f"{WEB},slot1,0,0,2,", f"{WEB},slot1,0,0,0,")
    both = {"web": [share("172.19.0.9"), share("172.19.0.2")]}

    assert "slot3 addr 172.19.0.2" in Haproxy().switch(INGRESS, idle, {"web": [share("172.19.0.2")]})
    assert "slot1 state maint" in Haproxy().switch(INGRESS, idle, {"web": [share("172.19.0.3")]})
    assert "slot1 state maint;set server stagecraft:web:8000/slot1 addr" in Haproxy().switch(
        INGRESS, idle, both
    )
    with pytest.raises(ValueError, match="none is free"):
        commands(share("172.19.0.3"), share("172.19.0.4"), share("172.19.0.5"))


def test_the_request_ends_with_the_question_whose_answer_is_the_acknowledgement() -> None:
    assert Haproxy().switch(INGRESS, REPLY, {"web": []}).endswith(Haproxy().question(INGRESS))


def test_a_backend_that_the_proxy_does_not_have_is_an_error() -> None:
    other = Ingress(service="proxy", driver=DriverName.HAPROXY, routes=(Route(service="web", port=9000),))

    with pytest.raises(ValueError, match="no backend `stagecraft:web:9000`"):
        Haproxy().switch(other, REPLY, {"web": [share("172.19.0.2")]})


def test_the_state_after_a_switch_says_whether_it_did_what_it_was_told() -> None:
    assert "" == Haproxy().refusal(INGRESS, REPLY, {"web": [share("172.19.0.3", 30)]})
    assert "about `web`" in Haproxy().refusal(INGRESS, REPLY, {"web": [share("172.19.0.3")]})
    assert "in what it says" in Haproxy().refusal(INGRESS, "Permission denied\n", {})
