"""Sessions on the real fleet: what they give, what they hold, and that they let go (spec/hosts.md)."""

import os
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from stagecraft.errors import LockBusyError, UnavailableError
from stagecraft.model.holder import Holder
from stagecraft.runtime.ssh import SshSession, begin_session
from stagecraft.runtime.ssh_command import Target
from stagecraft.runtime.ssh_facts import EngineSocket, Listener
from stagecraft.runtime.ssh_hosts import begin_all, lock_all, wait_all
from stagecraft.runtime.ssh_lease import BEAT, CLIENT_PATIENCE
from stagecraft.runtime.ssh_remote import PATIENCE
from tests.e2e.fleet import Fleet
from tests.e2e.machine import ROOT, Result, run

pytestmark = pytest.mark.e2e

LOCK = "shop-prod"
ADA = Holder(actor="ada@laptop", pid=42, since=datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
BEN = ADA.model_copy(update={"actor": "ben@ci"})
SLACK = 5.0
"""Seconds that a busy machine may add to what is promised."""


def opened(fleet: Fleet, ssh: str, *, engine: str = "", leads_back: bool = False) -> SshSession:
    target = Target("web-1", ssh)
    begun = begin_session(
        replace(target, engine=engine) if engine else target,
        environment=fleet.environment,
        leads_back=leads_back,
    )
    return begun.wait()


def engine_of(session: SshSession) -> Result:
    return run(
        "docker", "--host", session.docker_host, "version", "--format", "{{.Server.Version}}", timeout=30
    )


def seconds_until(what: Callable[[], bool], limit: float = 30) -> float:
    start = time.monotonic()
    while not what():
        assert time.monotonic() - start < limit, f"not within {limit} s"
        time.sleep(0.05)
    return time.monotonic() - start


def lock_is_free(fleet: Fleet, host: str, lock: str) -> bool:
    script = f"flock --nonblock /run/lock/stagecraft/{lock} echo free || echo taken"
    return fleet.on(host, "sh", "-c", script) == "free"


def ended(pid: int) -> bool:
    state = run("ps", "-o", "stat=", "-p", str(pid)).stdout
    return not state.strip() or state.startswith("Z")


@contextmanager
def lock_holder(fleet: Fleet, ssh: str, lock: str) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    """A client in a process group of its own; its leftover Docker command; its folder."""
    command = (sys.executable, "-m", "tests.e2e.lock_holder", ssh, lock)
    client = subprocess.Popen(
        command, cwd=ROOT, env=fleet.environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with client:
        assert client.stdout is not None
        leftover, address = client.stdout.readline().split()
        try:
            yield client, int(leftover), Path(address.removeprefix("unix://")).parent
        finally:
            client.kill()
            if not ended(int(leftover)):
                os.kill(int(leftover), signal.SIGKILL)


@pytest.mark.parametrize("ssh", ["host-1", "ben@host-1", "via-host-1"], ids=["alias", "dash", "jump"])
def test_a_session_reaches_the_engine_of_its_host(fleet: Fleet, ssh: str) -> None:
    logins = fleet.logins("host-1")
    with opened(fleet, ssh) as session:
        engine = engine_of(session)
        name = run("docker", "--host", session.docker_host, "info", "--format", "{{.Name}}")
    assert (0, "host-1") == (engine.returncode, name.stdout.strip())
    assert 1 == fleet.logins("host-1") - logins


def test_a_uri_with_user_and_port_is_a_destination_too(fleet: Fleet) -> None:
    with opened(fleet, f"ssh://ben@{fleet.address('host-2')}:22") as session:
        assert "ben" == session.facts.user


def test_a_session_opens_within_a_second_or_two(fleet: Fleet) -> None:
    start = time.monotonic()
    opened(fleet, "host-1").close()
    assert time.monotonic() - start < 1 + SLACK


def test_the_facts_are_those_of_the_host(fleet: Fleet) -> None:
    with opened(fleet, "host-5") as session:
        facts = session.facts
    small = facts.free_at("/var/lib/docker")
    assert ("ada", "Linux", os.uname().machine) == (facts.user, facts.system, facts.architecture)
    assert EngineSocket.USABLE == facts.engine
    assert Listener(protocol="tcp", address=fleet.address("host-5"), port=22) in facts.listeners
    assert abs(facts.clock_ahead) < SLACK
    assert small is not None
    assert 0 < small < 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("ssh", "socket", "found"),
    [
        ("eve@host-1", "/run/docker.sock", EngineSocket.DENIED),
        ("host-1", "/run/none.sock", EngineSocket.MISSING),
    ],
)
def test_an_engine_that_cannot_be_used_is_a_fact(
    fleet: Fleet, ssh: str, socket: str, found: EngineSocket
) -> None:
    with opened(fleet, ssh, engine=socket) as session:
        assert found == session.facts.engine


def test_the_socket_lies_in_a_private_folder_that_goes_away(fleet: Fleet) -> None:
    with opened(fleet, "host-1") as session:
        socket = Path(session.docker_host.removeprefix("unix://"))
        mode = stat.S_IMODE(socket.parent.stat().st_mode)
        assert (0o700, True, True) == (mode, len(str(socket)) < 100, socket.is_socket())
    assert not socket.parent.exists()


def test_the_lock_keeps_another_user_away_and_names_the_holder(fleet: Fleet) -> None:
    with opened(fleet, "ada@host-1") as ada, opened(fleet, "ben@host-1") as ben:
        lock_all({"web-1": ada}, LOCK, ADA)
        with pytest.raises(LockBusyError) as refused:
            lock_all({"web-1": ben}, LOCK, BEN)
    assert (
        "web-1: another run holds the lock of `shop-prod`: ada@laptop (pid 42), since 2026-11-20T08:00:00Z"
        == str(refused.value)
    )


def test_a_closed_session_has_let_its_lock_go(fleet: Fleet) -> None:
    with opened(fleet, "ben@host-1") as ben:
        with opened(fleet, "ada@host-1") as ada:
            lock_all({"web-1": ada}, LOCK, ADA)
        lock_all({"web-1": ben}, LOCK, BEN)


def test_a_lock_one_user_made_in_another_s_folder_is_for_every_user(fleet: Fleet) -> None:
    """Where `fs.protected_regular` is set, nobody may open that file with O_CREAT but its owner."""
    for user, lock in (
        ("ada", "made-first"),
        ("ben", "made-by-ben"),
        ("ada", "made-by-ben"),
        ("root", "made-by-ben"),
    ):
        with opened(fleet, f"{user}@host-3") as session:
            session.lock(lock, "{}")
            assert not lock_is_free(fleet, "host-3", lock)


def test_the_holder_named_is_the_latest_one(fleet: Fleet) -> None:
    for ssh, holder in (("ada@host-1", ADA), ("ben@host-1", BEN), ("ada@host-1", ADA)):
        with opened(fleet, ssh) as session, opened(fleet, "root@host-1") as root:
            lock_all({"web-1": session}, LOCK, holder)
            with pytest.raises(LockBusyError, match=holder.actor):
                lock_all({"web-1": root}, LOCK, ADA)


def test_another_environment_has_another_lock(fleet: Fleet) -> None:
    with opened(fleet, "ada@host-1") as ada, opened(fleet, "ben@host-1") as ben:
        ada.lock("shop-prod", "{}")
        ben.lock("shop-staging", "{}")
        assert (True, True) == (ada.alive(), ben.alive())


def test_two_runs_over_all_hosts_have_one_winner_and_the_loser_lets_go(fleet: Fleet) -> None:
    targets = [Target(host, host) for host in fleet.hosts]
    start = partial(begin_session, environment=fleet.environment)
    first, second = wait_all(begin_all(targets, start)), wait_all(begin_all(targets, start))
    try:
        lock_all(first.sessions, LOCK, ADA)
        with pytest.raises(LockBusyError, match="ada@laptop") as refused:
            lock_all(second.sessions, LOCK, BEN)
        first.close()
        lock_all(second.sessions, LOCK, BEN)
    finally:
        first.close()
        second.close()
    assert "host-1" == refused.value.place


def test_the_problems_of_all_hosts_are_found_together(fleet: Fleet) -> None:
    targets = [
        Target("good", "host-1"),
        Target("shut", f"ssh://ada@{fleet.address('host-2')}:1"),
        Target("stranger", "mallory@host-3"),
    ]
    result = wait_all(begin_all(targets, partial(begin_session, environment=fleet.environment)))
    result.close()
    assert ["good"] == list(result.sessions)
    assert {
        "shut": "shut: it cannot be reached: "
        f"`ssh: connect to host {fleet.address('host-2')} port 1: Connection refused`",
        "stranger": "stranger: it refused the login: "
        f"`mallory@{fleet.address('host-3')}: Permission denied (publickey).`",
    } == {name: str(problem) for name, problem in result.problems.items()}


@pytest.mark.parametrize(
    ("known", "what"),
    [("", "its host key is not known here"), ("other", "its host key is not the one in known_hosts")],
    ids=["unknown", "changed"],
)
def test_a_wrong_host_key_is_refused_whatever_the_configuration_says(
    fleet: Fleet, tmp_path: Path, known: str, what: str
) -> None:
    if known:
        key = (fleet.folder / "host-2/host_key.pub").read_text(encoding="utf-8")
        known = f"{fleet.address('host-1')} {key}"
    (tmp_path / "known_hosts").write_text(known, encoding="utf-8")
    config = (fleet.folder / "ssh/config").read_text(encoding="utf-8")
    lax = f"StrictHostKeyChecking no\nUserKnownHostsFile {tmp_path}/known_hosts\n{config}"
    (tmp_path / "config").write_text(lax, encoding="utf-8")
    program = tmp_path / "ssh"
    program.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {tmp_path}/config "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    logins = fleet.logins("host-1")

    with pytest.raises(UnavailableError) as refused:
        begin_session(
            Target("web-1", "host-1"), environment=fleet.environment | {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        ).wait()

    assert refused.value.message.startswith(what)
    assert (3, 0) == (refused.value.exit_code, fleet.logins("host-1") - logins)


@pytest.mark.parametrize("group", [False, True], ids=["client alone", "its process group"])
def test_a_killed_client_loses_engine_and_lock_together(fleet: Fleet, group: bool) -> None:
    lock = f"killed-{group}".lower()
    with lock_holder(fleet, "host-2", lock) as (client, leftover, folder):
        assert (False, False, True) == (ended(leftover), lock_is_free(fleet, "host-2", lock), folder.exists())
        (os.killpg if group else os.kill)(client.pid, signal.SIGKILL)
        seconds = seconds_until(lambda: lock_is_free(fleet, "host-2", lock) and ended(leftover))
        assert seconds < SLACK
        assert not folder.exists()


def test_a_client_killed_behind_a_dead_link_loses_the_engine_at_once(fleet: Fleet) -> None:
    with lock_holder(fleet, "host-4", "behind") as (client, leftover, folder), fleet.cut_off("host-4"):
        client.kill()
        assert seconds_until(lambda: ended(leftover)) < SLACK
        assert not folder.exists()


def test_a_frozen_client_loses_the_engine_with_the_lock(fleet: Fleet) -> None:
    with lock_holder(fleet, "host-2", "frozen") as (client, leftover, _):
        os.kill(client.pid, signal.SIGSTOP)
        seconds = seconds_until(lambda: lock_is_free(fleet, "host-2", "frozen"))
        assert seconds_until(lambda: ended(leftover)) < SLACK
    assert PATIENCE - BEAT - 0.5 < seconds < PATIENCE + SLACK


def test_a_host_cut_off_is_lost_before_its_lock_is_free(fleet: Fleet) -> None:
    lost: list[str] = []
    target = Target("web-1", "host-3")
    with begin_session(target, environment=fleet.environment, on_end=lost.append).wait() as session:
        session.lock("cut-off", "{}")
        with fleet.cut_off("host-3"):
            until_lost = seconds_until(lambda: not session.alive())
            engine = engine_of(session)
            taken = not lock_is_free(fleet, "host-3", "cut-off")
            until_free = until_lost + seconds_until(lambda: lock_is_free(fleet, "host-3", "cut-off"))
        with pytest.raises(UnavailableError, match="the connection was lost"):
            session.lock("cut-off", "{}")
    assert (True, ["web-1"]) == (taken, lost)
    assert engine.returncode != 0
    assert CLIENT_PATIENCE - BEAT - 0.5 < until_lost < CLIENT_PATIENCE + SLACK
    assert until_free < PATIENCE + SLACK


def test_a_short_pause_of_the_link_loses_nothing(fleet: Fleet) -> None:
    with opened(fleet, "host-4") as session:
        session.lock("pause", "{}")
        with fleet.cut_off("host-4"):
            time.sleep(4)
        assert 0 == engine_of(session).returncode
        assert (True, False) == (session.alive(), lock_is_free(fleet, "host-4", "pause"))


def test_a_restarted_listener_loses_nothing(fleet: Fleet) -> None:
    with opened(fleet, "host-4") as session:
        session.lock("restart", "{}")
        fleet.restart_sshd("host-4")
        time.sleep(2 * BEAT)
        assert 0 == engine_of(session).returncode
        assert (True, False) == (session.alive(), lock_is_free(fleet, "host-4", "restart"))
        opened(fleet, "host-4").close()


def test_a_port_of_the_client_answers_on_the_host_by_the_same_session_until_it_ends(fleet: Fleet) -> None:
    port = int(fleet.registry.address.rpartition(":")[2])
    logins = fleet.logins("jump")
    with opened(fleet, "jump", leads_back=True, engine="/run/none.sock") as session:
        led = run(*session.leading_back(port), env=fleet.environment)
        answer = fleet.on("jump", "curl", "-fsS", f"http://127.0.0.1:{port}/v2/")
        with opened(fleet, "jump", leads_back=True, engine="/run/none.sock") as second:
            taken = run(*second.leading_back(port), env=fleet.environment)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=10) as reply:
        assert reply.read().decode() == answer
    assert (0, 255) == (led.returncode, taken.returncode)
    assert 2 == fleet.logins("jump") - logins
    assert "" == fleet.on("jump", "ss", "-Hltn", f"sport = :{port}")


def test_forty_commands_at_once_go_through_one_session(fleet: Fleet) -> None:
    logins = fleet.logins("host-1")
    with opened(fleet, "host-1") as session:
        commands = [
            subprocess.Popen(
                ("docker", "--host", session.docker_host, "image", "ls", "--quiet"), stdout=subprocess.DEVNULL
            )
            for _ in range(40)
        ]
        codes = {command.wait(60) for command in commands}
    assert ({0}, 1) == (codes, fleet.logins("host-1") - logins)
