"""The preflight on real hosts: every problem of every host in one message, nothing touched."""

import pytest

from tests.e2e.conftest import NewFleetApp
from tests.e2e.fleet import Fleet

pytestmark = pytest.mark.e2e


def test_a_sound_fleet_is_told_so(new_fleet_app: NewFleetApp) -> None:
    app = new_fleet_app(hosts={"host-1": "db", "host-3": "web"})
    told = app.shop.stagecraft("doctor", "--env", "prod")

    assert 0 == told.returncode, told.stdout + told.stderr
    whole = "reachable, engine, platform, clock, disk, ports, registry, images"
    lines = [line.split(maxsplit=1) for line in told.stdout.splitlines()[1:]]
    assert ["here", "host-1", "host-3"] == [place for place, _ in lines]
    assert [whole, whole] == [rest.removesuffix("ok").strip() for _, rest in lines[1:]]


def test_every_problem_of_every_host_is_in_one_message_and_nothing_is_touched(
    new_fleet_app: NewFleetApp, fleet: Fleet
) -> None:
    hosts = {"host-1": "web", "host-2": "web", "host-3": "web", "host-5": "web"}
    app = new_fleet_app(hosts=hosts, ssh={"host-2": "ben@host-1"})
    fleet.on("host-5", "dd", "if=/dev/zero", "of=/var/lib/docker/full", "bs=1M", "count=40", "status=none")
    registry = fleet.registry.address.rpartition(":")[2]
    block = ("iptables", "-t", "nat", "{}", "OUTPUT", "-d", "127.0.0.1", "-p", "tcp", "--dport", registry)
    away = [*block, "-j", "DNAT", "--to-destination", f"127.0.0.1:{int(registry) + 1}"]
    fleet.on("host-3", *(part.format("-I") for part in away))
    try:
        refused = app.shop.stagecraft("deploy", "--env", "prod")
    finally:
        fleet.on("host-3", *(part.format("-D") for part in away))
        fleet.on("host-5", "rm", "/var/lib/docker/full")

    assert 3 == refused.returncode, refused.stderr
    assert "`host-1` and `host-2` are the same machine" in refused.stderr
    assert "host-5: only " in refused.stderr
    assert f"host-3: registry `{fleet.registry.address}` does not answer its engine" in refused.stderr
    assert {host: {} for host in hosts} == app.everywhere(*hosts)
