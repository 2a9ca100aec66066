"""`stagecraft status`: the table, the JSON and the exit codes."""

import json

import pytest

from stagecraft.model.observed import Container, Health
from stagecraft.model.standing import HostStanding, ServiceStanding, Standing
from tests.cli.fakes import FakeApp, typed

WEB = Container(
    id="c1",
    name="shop-web-1",
    service="web",
    state="running",
    health=Health.HEALTHY,
    up_for=75,
    image="registry.example.com/shop/web:1@sha256:0123456789abcdef",
)


def app(*drift: str, problem: str = "") -> FakeApp:
    service = ServiceStanding(
        service="web", wanted=1, image=WEB.image, containers=(WEB,), drift=drift, recorded=not drift
    )
    hosts = [HostStanding(host="web-1", services=(service,))]
    hosts += [HostStanding(host="web-2", problem=problem)] if problem else []
    return FakeApp(standing=Standing(environment="demo", release="demo-3", version="1.2", hosts=tuple(hosts)))


def test_a_line_a_host_and_service() -> None:
    said = typed("status --env demo", app())

    assert 0 == said.code
    assert "demo: demo-3 (1.2), no drift" == said.out.splitlines()[0]
    assert ["web-1", "web", "demo-3", "0123456789ab", "1", "healthy", "1", "min", "15", "s"] == (
        said.out.splitlines()[3].split()
    )


@pytest.mark.parametrize(
    ("line", "drift", "code"),
    [
        ("status", ["it is stopped"], 0),
        ("status --exit-code", ["it is stopped"], 10),
        ("status --exit-code", [], 0),
    ],
)
def test_drift_is_an_exit_code_only_when_asked_for(line: str, drift: list[str], code: int) -> None:
    said = typed(line, app(*drift))

    assert code == said.code
    assert bool(drift) == ("web-1 web: it is stopped" in said.out)


def test_json_has_every_container() -> None:
    found = json.loads(typed("status --format json", app("it is stopped")).out)

    assert (True, "demo-3", None) == (found["drift"], found["release"], found["hosts"]["web-1"]["problem"])
    web = found["hosts"]["web-1"]["services"]["web"]
    assert (None, "sha256:0123456789abcdef", ["it is stopped"]) == (
        web["release"],
        web["digest"],
        web["drift"],
    )
    assert [("shop-web-1", "healthy", 75)] == [
        (c["name"], c["health"], c["uptime"]) for c in web["containers"]
    ]


def test_a_host_that_cannot_be_looked_at_is_exit_code_3_and_the_others_are_shown() -> None:
    said = typed("status --exit-code", app("it is stopped", problem="no route to host"))

    assert 3 == said.code
    assert "web-1" in said.out
    assert "`web-2` could not be looked at: no route to host" in said.err


def test_those_who_want_to_know_of_drift_are_told_if_that_is_asked_for() -> None:
    cases = app("it is stopped")
    typed("status --env prod --notify", cases)
    typed("status --env prod", cases)
    assert [("status", "prod", True), ("status", "prod")] == cases.asked
