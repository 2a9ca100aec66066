"""What goes wrong between here and the hosts: nothing hangs, nothing is left in doubt."""

import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import NewFleetApp
from tests.e2e.fleet import Fleet
from tests.e2e.fleet_app import FleetApp
from tests.e2e.machine import Shop
from tests.e2e.runs import going, runs_phase

pytestmark = pytest.mark.e2e

THREE = {"host-1": "web", "host-2": "web", "host-3": "web"}
ONE_BY_ONE = "{{parallel: 1, on_failure: {}}}"
GOOD = "echo version two\ntouch /tmp/up\nexec sleep 1000\n"
FAULTY = "echo version two\ntest ! -e /fault/here || exit 3\ntouch /tmp/up\nexec sleep 1000\n"
SLOW = "echo version two\nsleep 4\ntouch /tmp/up\nexec sleep 1000\n"
KILLS = int(os.environ.get("STAGECRAFT_KILLS", "3"))
"""How many moments a run is killed at; `scripts/torture hosts` tries more."""
LOST_SECONDS = 30.0
"""A host that is cut off is noticed within 8 s (spec/hosts.md); the rest is the machine's."""


def three(new_fleet_app: NewFleetApp, on_failure: str = "revert") -> FleetApp:
    """One service on three hosts, one host after the other."""
    return new_fleet_app(hosts=THREE, rollout=ONE_BY_ONE.format(on_failure))


def statuses(release: dict[str, Any]) -> dict[str, str]:
    return {host: record["status"] for host, record in release["hosts"].items()}


def versions(app: FleetApp) -> dict[str, bool]:
    """Whether each host runs the second version, in exactly one container."""
    assert {host: {"web": 1} for host in THREE} == app.counts(*THREE)
    return {host: "version two" in app.says(host, "web") for host in THREE}


def waits_on(host: str) -> Any:
    """What recognises that a host's new container is waited for."""
    return lambda event: event["event"] == "action" and event["host"] == host and "wait" in event["action"]


def test_a_host_that_is_out_of_reach_before_the_start_changes_nothing_anywhere(
    new_fleet_app: NewFleetApp, fleet: Fleet
) -> None:
    app = three(new_fleet_app)
    app.deploy()
    before = app.everywhere(*THREE)
    app.edit("web", GOOD)
    with fleet.cut_off("host-2"):
        refused = app.shop.stagecraft("deploy", "--env", "prod")

    assert (3, "prod-1") == (refused.returncode, app.newest_id())
    assert "host-2" in refused.stderr
    assert before == app.everywhere(*THREE)


def test_a_host_that_is_cut_off_in_its_rollout_fails_in_time_and_the_others_go_back(
    new_fleet_app: NewFleetApp, fleet: Fleet
) -> None:
    app = three(new_fleet_app)
    app.deploy()
    app.edit("web", SLOW)
    with going(app.shop, "deploy", "--env", "prod") as run:
        run.wait_for(waits_on("host-2"))
        with fleet.cut_off("host-2"):
            began = time.monotonic()
            assert 5 == run.end()
            took = time.monotonic() - began
    time.sleep(0.2)

    assert took < LOST_SECONDS
    recorded = app.newest()
    assert {"host-1": "reverted", "host-2": "failed", "host-3": "untouched"} == statuses(recorded)
    assert "failed" == recorded["status"]
    app.deploy()
    assert dict.fromkeys(THREE, True) == versions(app)


@pytest.mark.parametrize(
    ("on_failure", "code", "expected", "second"),
    [
        ("revert", 5, ("reverted", "reverted", "untouched"), (False, False, False)),
        ("stop", 8, ("updated", "failed", "untouched"), (True, False)),
        ("continue", 8, ("updated", "failed", "updated"), (True, True)),
    ],
)
def test_an_image_that_does_not_start_on_the_second_of_three_hosts(
    new_fleet_app: NewFleetApp,
    on_failure: str,
    code: int,
    expected: tuple[str, ...],
    second: tuple[bool, ...],
) -> None:
    app = three(new_fleet_app, on_failure)
    app.deploy()
    app.fault("host-2")
    app.edit("web", FAULTY)
    failed = app.shop.stagecraft("deploy", "--env", "prod")
    release = app.newest()

    assert code == failed.returncode, failed.stderr
    assert ("failed", dict(zip(THREE, expected, strict=True))) == (release["status"], statuses(release))
    assert "host-2" in failed.stderr
    assert any("version two" in line for line in release["hosts"]["host-2"]["log"])
    if on_failure == "revert":
        assert dict(zip(THREE, second, strict=True)) == versions(app)
        return
    assert second == tuple("version two" in app.says(host, "web") for host in THREE if host != "host-2")
    mixed = [host for host, status in statuses(release).items() if status == "updated"]
    assert f"on {release['version']}: {', '.join(mixed)}; not: host-2 (failed)" in failed.stderr

    app.fleet.on("host-2", "rm", f"/run/{app.shop.name}/here")
    resumed = app.deploy("--resume")

    assert dict.fromkeys(THREE, True) == versions(app)
    assert {"updated", "unchanged"} >= set(statuses(resumed).values())


@pytest.mark.parametrize("seed", range(1, KILLS + 1))
def test_a_killed_run_is_resumed_to_exactly_the_release(new_fleet_app: NewFleetApp, seed: int) -> None:
    app = three(new_fleet_app)
    app.deploy()
    app.edit("web", GOOD)
    with going(app.shop, "deploy", "--env", "prod") as run:
        run.wait_for(runs_phase("rollout"))
        time.sleep(random.Random(seed).uniform(0, 4))
        run.program.send_signal(signal.SIGKILL)
        run.program.wait()

    ended = app.shop.stagecraft("deploy", "--env", "prod", "--resume", "--lock-wait", "30")

    assert 0 == ended.returncode or "there is nothing to resume" in ended.stderr, ended.stderr
    assert dict.fromkeys(THREE, True) == versions(app)
    assert "completed" == app.newest()["status"]


def test_a_resume_leaves_alone_the_hosts_that_were_finished(new_fleet_app: NewFleetApp) -> None:
    app = three(new_fleet_app)
    app.deploy()
    app.edit("web", SLOW)
    with going(app.shop, "deploy", "--env", "prod") as run:
        run.wait_for(waits_on("host-2"))
        run.program.send_signal(signal.SIGKILL)
        run.program.wait()
    before = app.containers("host-1")
    events = app.events("deploy", "--env", "prod", "--resume", "--lock-wait", "30")

    assert {"host-2", "host-3"} == {
        e["host"] for e in events if e["event"] == "step" and e["kind"] == "rollout"
    }
    assert before == app.containers("host-1")
    assert dict.fromkeys(THREE, True) == versions(app)


def test_a_restart_of_the_ssh_listener_in_the_middle_loses_nothing(
    new_fleet_app: NewFleetApp, fleet: Fleet
) -> None:
    app = three(new_fleet_app)
    app.deploy()
    app.edit("web", SLOW)
    with going(app.shop, "deploy", "--env", "prod") as run:
        run.wait_for(waits_on("host-1"))
        for host in THREE:
            fleet.restart_sshd(host)
        assert 0 == run.end()
    assert dict.fromkeys(THREE, True) == versions(app)


def test_a_full_disk_on_one_host_is_noticed_before_a_container_anywhere_is_touched(
    new_fleet_app: NewFleetApp,
) -> None:
    app = new_fleet_app(hosts={"host-1": "web", "host-5": "web"})
    failed = app.shop.stagecraft("deploy", "--env", "prod")
    release = app.newest()

    assert 5 == failed.returncode, failed.stderr
    assert "host-5" in failed.stderr
    assert "no space left on device" in failed.stderr
    assert {"host-1": "untouched", "host-5": "untouched"} == statuses(release)
    assert {"host-1": {}, "host-5": {}} == app.everywhere("host-1", "host-5")


def test_a_wrong_host_key_is_refused_before_anything_is_touched(
    new_fleet_app: NewFleetApp, fleet: Fleet, tmp_path: Path
) -> None:
    app = three(new_fleet_app)
    key = (fleet.folder / "host-2/host_key.pub").read_text(encoding="utf-8")
    known = (fleet.folder / "ssh/known_hosts").read_text(encoding="utf-8").splitlines()
    address = fleet.address("host-1")
    wrong = [line for line in known if not line.startswith(f"{address} ")] + [f"{address} {key}"]
    (tmp_path / "known_hosts").write_text("\n".join(wrong) + "\n", encoding="utf-8")
    program = tmp_path / "bin/ssh"
    program.parent.mkdir()
    lax = f"-o UserKnownHostsFile={tmp_path}/known_hosts"
    program.write_text(f'#!/bin/sh\nexec {fleet.folder}/bin/ssh {lax} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    refused = app.shop.stagecraft(
        "deploy", "--env", "prod", PATH=f"{program.parent}:{fleet.environment['PATH']}"
    )

    assert 3 == refused.returncode
    assert "host-1: its host key is not the one in known_hosts" in refused.stderr
    assert {host: {} for host in THREE} == app.everywhere(*THREE)


def test_of_two_clones_and_two_login_users_one_wins_and_the_other_is_told_who_did(
    new_fleet_app: NewFleetApp, tmp_path: Path
) -> None:
    app = three(new_fleet_app)
    app.deploy()
    app.edit("web", SLOW)
    clone = tmp_path / "clone"
    shutil.copytree(app.shop.root, clone)
    other = Shop(clone, app.shop.home, app.shop.name, 0, app.shop.registry, dict(app.shop.environment))
    for host in THREE:
        other.replace("stagecraft.yml", f"ssh: {host},", f"ssh: ben@{host},")
    other.environment["STAGECRAFT_ACTOR"] = "ben@ci"
    with going(app.shop, "deploy", "--env", "prod") as run:
        run.wait_for(runs_phase("rollout"))
        refused = other.stagecraft("deploy", "--env", "prod", "--version", "other", "--rebuild")
        assert 0 == run.end()

    assert 4 == refused.returncode, refused.stderr
    assert "tester" in refused.stderr
    assert dict.fromkeys(THREE, True) == versions(app)
