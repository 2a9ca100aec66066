"""A proxy on each of several hosts: a release that fails on the second goes back on the first unnoticed."""

from dataclasses import replace

import pytest

from tests.e2e.conftest import NewFleetApp
from tests.e2e.fleet_app import FleetApp
from tests.e2e.ingress_app import COMPOSE, SERVER, Load, set_version
from tests.e2e.machine import run

pytestmark = pytest.mark.e2e

PORT = 8080
CHECK = "[CMD, curl, -sf, http://127.0.0.1:8000/up]"
FAULTY = '[CMD-SHELL, "test $$VERSION = 1 || ! test -e /fault/here"]'
"""Version 1 is healthy everywhere, a later one not where there is the fault."""
INGRESS = """\
ingress:
  service: proxy
  driver: haproxy
  file: /etc/haproxy/haproxy.cfg
  routes:
    - {to: "web:8000", drain: 8s}
"""


@pytest.fixture
def app(new_fleet_app: NewFleetApp) -> FleetApp:
    """Version 1 behind a proxy on each of two hosts, released; one host after the other."""
    made = new_fleet_app(
        hosts={"host-1": "web", "host-2": "web"}, rollout="{parallel: 1, on_failure: revert}"
    )
    made = replace(made, shop=replace(made.shop, port=PORT))
    compose = COMPOSE.format(port=PORT).replace("127.0.0.1:8080", "8080").replace(CHECK, FAULTY)
    fault = f'volumes: ["/run/{made.shop.name}:/fault:ro"]\n    '
    made.shop.write("compose.yml", compose.replace("stop_grace_period: 5s", f"{fault}stop_grace_period: 5s"))
    made.shop.write("server.py", SERVER)
    made.shop.replace("stagecraft.yml", "{services: ['web']}", "{services: [proxy, web]}")
    made.shop.replace("stagecraft.yml", "environments:\n", f"{INGRESS}environments:\n")
    made.shop.commit("A proxy and what is behind it")
    made.deploy()
    return made


def served(app: FleetApp, host: str) -> str:
    """Return the version that a host's proxy answers with."""
    return run("curl", "-sf", f"http://{app.fleet.address(host)}:{PORT}/").stdout[:1]


def test_a_host_that_goes_back_loses_no_request_on_either_way(app: FleetApp) -> None:
    app.fault("host-2")
    set_version(app.shop, 2)

    with (
        Load(app.shop, address=app.fleet.address("host-1")) as first,
        Load(app.shop, address=app.fleet.address("host-2")) as second,
    ):
        failed = app.deploy(code=5)
        first.some_more()

    assert {"host-1": "reverted", "host-2": "reverted"} == {
        host: record["status"] for host, record in failed["hosts"].items()
    }
    assert ([], {"1", "2"}) == (first.failed, first.versions)
    assert ([], {"1"}) == (second.failed, second.versions)
    assert ["1", "1"] == [served(app, host) for host in ("host-1", "host-2")]
    both = {"proxy": 1, "web": 1}
    assert {"host-1": both, "host-2": both} == app.counts("host-1", "host-2")
