"""How often a deploy turns to a host: sessions, and commands to its engine."""

import json
import re
import shutil
from collections import Counter
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.e2e.conftest import NewFleetApp
from tests.e2e.fleet import Fleet
from tests.e2e.fleet_app import FleetApp

pytestmark = pytest.mark.e2e

LOOKS = (re.compile(r"GET '?/containers/json\?all"), re.compile(r"GET (/containers/[0-9a-f]{64}/json ?)+$"))
HOSTS = {"host-1": "db", "host-2": "app", "host-3": "web"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where a `docker` in front of the real one notes every call: the engine's socket, then the arguments."""
    program = tmp_path / "bin/docker"
    program.parent.mkdir()
    log = tmp_path / "calls"
    log.touch()
    program.write_text(
        f'#!/bin/sh\necho "${{DOCKER_HOST:-here}} $*" >>{log}\nexec {shutil.which("docker")} "$@"\n'
    )
    program.chmod(0o755)
    return log


def calls(app: FleetApp, log: Path) -> list[list[str]]:
    """What a deploy asked each host's engine: commands, and then questions at its socket; most first."""
    log.write_text("")
    said = app.shop.stagecraft("deploy", "--env", "prod", "--format", "json").stdout
    by_engine: dict[str, list[str]] = {}
    for line in log.read_text().splitlines():
        engine, _, command = line.partition(" ")
        if engine.endswith("/h.sock"):
            by_engine.setdefault(engine, []).append(command)
    by_host: dict[str, list[str]] = {}
    for event in map(json.loads, said.splitlines()):
        if event["event"] == "command" and event["line"].startswith("GET "):
            by_host.setdefault(event["host"], []).append(event["line"])
    commands = sorted(by_engine.values(), key=len, reverse=True)
    questions = sorted(by_host.values(), key=len, reverse=True)
    none: list[str] = []
    return [few + more for few, more in zip_longest(commands, questions, fillvalue=none)]


def without_looking_again(asked: list[str]) -> list[str]:
    """Leave out every look after the first: a service that becomes healthy is polled."""
    seen: Counter[str] = Counter()
    kept = []
    for line in asked:
        kind = next((look for look in LOOKS if look.match(line)), None)
        seen[str(kind)] += 1
        if kind is None or seen[str(kind)] == 1:
            kept.append(line)
    return kept


def test_a_deploy_opens_one_session_a_host_and_asks_little(
    new_fleet_app: NewFleetApp, fleet: Fleet, log: Path
) -> None:
    app = new_fleet_app(hosts=HOSTS)
    app.shop.environment["PATH"] = f"{log.parent}/bin:{app.shop.environment['PATH']}"
    app.deploy()
    logins = {host: fleet.logins(host) for host in HOSTS}

    unchanged = calls(app, log)

    assert dict.fromkeys(HOSTS, 1) == {host: fleet.logins(host) - logins[host] for host in HOSTS}
    assert [3, 3, 3] == [len(asked) for asked in unchanged], unchanged
    assert [] == [line for asked in unchanged for line in asked if not line.startswith("GET ")]

    app.edit("web", "echo another\ntouch /tmp/up\nexec sleep 1000\n")
    changed = [without_looking_again(commands) for commands in calls(app, log)]

    assert 10 >= max(len(asked) for asked in changed), changed
    assert any(line.startswith("GET ") for line in changed[0])
