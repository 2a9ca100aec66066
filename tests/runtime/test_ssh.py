"""Sessions with a stand-in for `ssh` that runs the host's program here; real hosts: tests/e2e/test_ssh.py."""

import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from stagecraft.errors import ConfigError, LockBusyError, UnavailableError
from stagecraft.model.holder import Holder
from stagecraft.runtime.ssh import SshSession, begin_session
from stagecraft.runtime.ssh_command import Target
from stagecraft.runtime.ssh_facts import EngineSocket
from stagecraft.runtime.ssh_hosts import begin_all, lock_all, wait_all
from stagecraft.runtime.ssh_remote import remote_program
from tests.runtime.doors import alive

ADA = Holder(actor="ada@laptop", pid=42, since=datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
HERE = 'for command; do :; done\nexec sh -c "$command"\n'

Open = Callable[..., SshSession]


def stand_in(folder: Path, text: str) -> dict[str, str]:
    """An environment whose `ssh` is this shell text."""
    folder.mkdir(exist_ok=True)
    program = folder / "ssh"
    program.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
    program.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.fixture
def locks(tmp_path: Path) -> Path:
    for name in ("locks", "else"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o1777)
    return tmp_path / "locks"


@pytest.fixture
def opened(tmp_path: Path, locks: Path) -> Open:
    def start(
        text: str = HERE, host: str = "web-1", folder: Path = locks, patience: float = 10
    ) -> SshSession:
        program = remote_program(
            "/nowhere/docker.sock", patience=patience, lock_folders=[str(folder), str(tmp_path / "else")]
        )
        environment = stand_in(tmp_path / "bin", text)
        return begin_session(Target(host, host), environment=environment, program=program).wait()

    return start


def test_a_session_knows_the_facts(opened: Open) -> None:
    with opened() as session:
        facts = session.facts
    assert ("Linux", os.uname().machine, EngineSocket.MISSING) == (
        facts.system,
        facts.architecture,
        facts.engine,
    )
    assert abs(facts.clock_ahead) < 5


def test_what_a_login_shell_prints_besides_is_passed_over(opened: Open) -> None:
    with opened(f'echo "Welcome! ready"; echo; {HERE}') as session:
        session.lock("shop-prod", "{}")
        assert session.alive()


def test_a_taken_lock_is_refused_with_the_holder_s_note(opened: Open) -> None:
    with opened() as first, opened() as second:
        first.lock("shop-prod", "it is me")
        with pytest.raises(LockBusyError) as refused:
            second.lock("shop-prod", "no, me")
        assert "web-1: it is me" == str(refused.value)


def test_a_closed_session_has_let_go_of_its_lock(opened: Open) -> None:
    for _ in range(5):
        with opened() as session:
            session.lock("shop-prod", "{}")


def test_a_note_cannot_smuggle_in_a_command(opened: Open) -> None:
    with opened() as first, opened() as second:
        first.lock("shop-prod", "me\nend")
        assert first.alive()
        with pytest.raises(LockBusyError, match="me end"):
            second.lock("shop-prod", "{}")


def test_the_lock_s_file_is_for_every_user(opened: Open, locks: Path) -> None:
    with opened() as session:
        session.lock("shop-prod", "{}")
    modes = {path.name: oct(path.stat().st_mode & 0o7777) for path in locks.rglob("*")}
    assert {
        "stagecraft": "0o1777",
        "shop-prod": "0o666",
        f"shop-prod.by-{os.getuid()}": "0o644",
    } == modes


def test_a_folder_that_is_not_for_everyone_is_not_used_by_anyone(opened: Open, locks: Path) -> None:
    locks.chmod(0o755)
    with opened() as session:
        session.lock("shop-prod", "{}")
    assert ([], True) == (list(locks.iterdir()), (locks.parent / "else/stagecraft/shop-prod").exists())


def test_a_lock_removed_while_it_is_taken_is_taken_again(opened: Open, tmp_path: Path, locks: Path) -> None:
    file = locks / "stagecraft/shop-prod"
    flock = tmp_path / "bin/flock"
    flock.parent.mkdir()
    once = f"[ -e {flock}.once ] || {{ : >{flock}.once; rm {file}; : >{file}; }}"
    flock.write_text(f'#!/bin/sh\n{once}\nexec {shutil.which("flock")} "$@"\n', encoding="utf-8")
    flock.chmod(0o755)
    with opened() as first, opened() as second:
        first.lock("shop-prod", "first")
        with pytest.raises(LockBusyError, match="first"):
            second.lock("shop-prod", "second")


def test_a_symbolic_link_in_the_lock_s_place_is_refused(opened: Open, locks: Path) -> None:
    (locks / "stagecraft").mkdir()
    (locks / "stagecraft/shop-prod").symlink_to("/etc/passwd")
    with opened() as session, pytest.raises(UnavailableError, match="cannot be opened"):
        session.lock("shop-prod", "{}")


@pytest.mark.parametrize("name", ["", "../up", "two words", "-n"])
def test_a_lock_s_name_is_a_file_s_name(opened: Open, name: str) -> None:
    with opened() as session, pytest.raises(ConfigError):
        session.lock(name, "{}")


def test_without_beats_the_host_lets_go(opened: Open) -> None:
    with opened(patience=0.2) as session:
        deadline = time.monotonic() + 60
        while session.alive():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with pytest.raises(UnavailableError, match="the connection was lost"):
            session.lock("shop-prod", "{}")


def test_a_shell_without_a_time_limit_is_refused(opened: Open) -> None:
    with pytest.raises(UnavailableError, match="there is no bash"):
        opened("exec dash -s")


def test_a_host_that_ends_at_once_is_unreachable_with_its_last_words(opened: Open) -> None:
    with pytest.raises(UnavailableError) as refused:
        opened('echo "first" >&2; echo "ssh: no route to host" >&2; exit 255')
    assert "web-1: it cannot be reached: `ssh: no route to host`" == str(refused.value)


def test_hosts_are_locked_by_name_and_the_error_names_the_first_that_is_taken(
    opened: Open, tmp_path: Path, locks: Path
) -> None:
    folders = {name: tmp_path / name for name in ("b-host", "a-host")}
    for folder in folders.values():
        folder.mkdir()
        folder.chmod(0o1777)
    mine = {name: opened(host=name, folder=folder) for name, folder in folders.items()}
    theirs = {name: opened(host=name, folder=folder) for name, folder in folders.items()}
    try:
        lock_all(theirs, "shop-prod", ADA)
        with pytest.raises(LockBusyError) as refused:
            lock_all(mine, "shop-prod", ADA)
    finally:
        for session in (*mine.values(), *theirs.values()):
            session.close()
    assert "a-host: another run holds the lock of `shop-prod`: " + ADA.describe() == str(refused.value)


def test_a_host_that_fails_does_not_keep_the_others_from_answering(tmp_path: Path) -> None:
    environment = stand_in(tmp_path / "bin", f'case "$*" in *bad*) exit 255 ;; esac\n{HERE}')
    begun = begin_all(
        [Target("bad", "bad"), Target("good", "good"), Target("worse", "-worse")],
        partial(begin_session, environment=environment),
    )
    opened = wait_all(begun)
    opened.close()
    assert (["good"], ["bad", "worse"]) == (list(opened.sessions), sorted(opened.problems))


def test_a_session_opens_and_keeps_its_lease_while_nobody_waits_for_it(tmp_path: Path, locks: Path) -> None:
    program = remote_program("/nowhere/docker.sock", patience=2.5, lock_folders=[str(locks)])
    environment = stand_in(tmp_path / "bin", HERE)

    with begin_session(Target("web-1", "web-1"), environment=environment, program=program) as session:
        time.sleep(3.5)
        session.wait().wait().lock("shop-prod", "{}")

        assert session.alive()
        assert abs(session.facts.clock_ahead) < 2


def test_a_session_that_nobody_waits_for_any_more_ends_at_once(tmp_path: Path) -> None:
    note = tmp_path / "note"
    environment = stand_in(tmp_path / "bin", f"echo $$ >{note}\nsleep 60\n")

    with begin_session(Target("web-1", "web-1"), environment=environment):
        until = time.monotonic() + 10
        while not (note.exists() and note.read_text().strip()) and time.monotonic() < until:
            time.sleep(0.01)
        began = time.monotonic()

    assert time.monotonic() - began < 1.5
    assert not alive(int(note.read_text()))
