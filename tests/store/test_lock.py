"""I14: the lock is free only when the run and every command it started are gone; a busy one says whose."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from stagecraft.errors import LockBusyError
from stagecraft.store import probe
from stagecraft.store.file import FileStore
from tests.fakes import START, FakeClock
from tests.store.running import driver, environment
from tests.store.transitions import ENVIRONMENT, FRESH, HOLDER, transitions

LINUX = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="programs are found out of /proc")

RUN = """
import os, subprocess, sys, time
from pathlib import Path
from stagecraft.store.file import FileStore
from tests.fakes import FakeClock
from tests.store.transitions import ENVIRONMENT, FRESH, HOLDER, transitions

holder = HOLDER.model_copy(update={"pid": os.getpid()})
with FileStore(Path(sys.argv[1]), FakeClock()).lock(ENVIRONMENT, holder) as session:
    session.update(next(transitions(session.create(FRESH))))
    child = subprocess.Popen(["sleep", "60"], pass_fds=session.descriptors)
    print(child.pid, flush=True)
    time.sleep(60)
"""


class CountingClock(FakeClock):
    """Time that passes when somebody sleeps; somebody else may act at a certain moment."""

    def __init__(self) -> None:
        super().__init__(tick=0)
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        super().sleep(seconds)


@contextmanager
def run_with_a_command(root: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start a run that starts a command; yield the run and the pid of the command."""
    line = [sys.executable, "-c", RUN, str(root)]
    with subprocess.Popen(line, env=environment(), stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        command = int(run.stdout.readline())
        try:
            yield run, command
        finally:
            for pid in (run.pid, command):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def test_the_lock_outlives_a_killed_run_in_the_commands_it_started(root: Path) -> None:
    clock = CountingClock()
    told: list[str] = []
    store = FileStore(root, clock, notice=told.append)
    with run_with_a_command(root) as (run, command):
        run.kill()
        run.wait()
        with pytest.raises(LockBusyError) as busy, store.lock(ENVIRONMENT, HOLDER):
            pass
        assert 4 == busy.value.exit_code
        assert 60 <= sum(clock.slept) < 61
        assert 1 == len(told)
        assert told[0].endswith("; waiting for up to 60 s")
        if Path("/proc/self/fd").is_dir():
            assert (
                f"the run of ada@laptop (pid {run.pid}) on `demo` is dead,"
                f" but what it started still runs: `sleep` (pid {command})"
            ) == busy.value.message
        os.kill(command, signal.SIGKILL)
        while probe.is_held(root / ENVIRONMENT / "lock"):
            time.sleep(0.01)
        with store.lock(ENVIRONMENT, HOLDER) as session:
            assert ["demo-1"] == [header.id for header in session.settled]


@LINUX
def test_a_killed_run_that_nobody_has_waited_for_counts_as_dead(root: Path) -> None:
    with run_with_a_command(root) as (run, command):
        run.kill()
        os.waitid(os.P_PID, run.pid, os.WEXITED | os.WNOWAIT)  # a zombie now: its pid is still there
        processes = probe.processes_holding(root / ENVIRONMENT / "lock")
        assert [command] == [process.pid for process in processes]
        holder = probe.read_holder(root / ENVIRONMENT / "lock")
        assert holder
        assert probe.is_dead(holder, processes)


def test_a_run_waits_for_the_commands_of_a_dead_one_and_then_goes_on(root: Path) -> None:
    class Impatient(CountingClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if sum(self.slept) > 10 and not self.ended:
                self.ended.append(True)
                os.kill(command, signal.SIGKILL)
                while probe.is_held(root / ENVIRONMENT / "lock"):
                    time.sleep(0.01)

        ended: list[bool] = []

    clock = Impatient()
    with run_with_a_command(root) as (run, command):
        run.kill()
        run.wait()
        with FileStore(root, clock).lock(ENVIRONMENT, HOLDER):
            pass
        assert 10 < sum(clock.slept) < 12


@LINUX
def test_a_live_run_is_seen_to_hold_the_lock_and_a_program_that_only_opened_it_is_not(root: Path) -> None:
    store = FileStore(root, FakeClock())
    path = root / ENVIRONMENT / "lock"
    with store.lock(ENVIRONMENT, HOLDER):
        assert [os.getpid()] == [process.pid for process in probe.processes_holding(path)]
    with path.open():
        assert () == probe.processes_holding(path)


def test_a_busy_lock_is_refused_at_once(root: Path) -> None:
    clock = CountingClock()
    store = FileStore(root, clock)
    with store.lock(ENVIRONMENT, HOLDER.model_copy(update={"pid": os.getpid()})):
        again = store.lock(ENVIRONMENT, HOLDER)
        with pytest.raises(LockBusyError), again:
            pass
    assert [] == clock.slept


def test_a_lock_that_becomes_free_while_waiting_is_taken(root: Path) -> None:
    class RealClock(FakeClock):
        def monotonic(self) -> float:
            return time.monotonic()

        def sleep(self, seconds: float) -> None:
            time.sleep(seconds)

    with subprocess.Popen([*driver(root, "0.03")], env=environment(), stdout=subprocess.PIPE) as run:
        assert run.stdout
        assert b"begin\n" == run.stdout.readline()
        assert b"ack 1 1\n" == run.stdout.readline()
        with FileStore(root, RealClock()).lock(ENVIRONMENT, HOLDER, wait=30) as session:
            assert () == session.settled
            assert 2 == session.create(FRESH).number


def test_readers_that_look_at_the_lock_never_make_a_run_fail(root: Path) -> None:
    store = FileStore(root, FakeClock())
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            probe.is_held(root / ENVIRONMENT / "lock")

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(50):
            with store.lock(ENVIRONMENT, HOLDER):
                pass
    finally:
        stop.set()
        for reader in readers:
            reader.join()


def test_a_look_that_lasts_is_no_reason_to_wait_for_ever(root: Path) -> None:
    store = FileStore(root, clock := CountingClock())
    with store.lock(ENVIRONMENT, HOLDER):
        pass
    with (root / ENVIRONMENT / "lock").open() as stopped:
        fcntl.flock(stopped, fcntl.LOCK_SH)
        with pytest.raises(LockBusyError), store.lock(ENVIRONMENT, HOLDER):
            pass
    assert 5 <= sum(clock.slept) < 6


def test_a_shorter_holder_leaves_nothing_of_a_longer_one(root: Path) -> None:
    store = FileStore(root, FakeClock())
    with store.lock(ENVIRONMENT, HOLDER.model_copy(update={"actor": "a" * 200})):
        pass
    with store.lock(ENVIRONMENT, HOLDER):
        assert HOLDER == probe.read_holder(root / ENVIRONMENT / "lock")
    assert b"" == (root / ENVIRONMENT / "lock").read_bytes()


def test_a_lock_file_that_says_nothing_does_not_hide_that_it_is_held(root: Path) -> None:
    store = FileStore(root, FakeClock(tick=0))
    with store.lock(ENVIRONMENT, HOLDER):
        (root / ENVIRONMENT / "lock").write_bytes(b"")
        holder = store.holder(ENVIRONMENT)
        assert holder
        assert ("somebody", START) == (holder.actor, holder.since)
        with pytest.raises(LockBusyError, match="another run holds the lock of `demo`"):
            store.lock(ENVIRONMENT, HOLDER).__enter__()


def test_taking_the_lock_again_finds_nothing_to_do(root: Path) -> None:
    store = FileStore(root, FakeClock())
    with store.lock(ENVIRONMENT, HOLDER) as session:
        list(map(session.update, transitions(session.create(FRESH))))
    before = {path: path.stat().st_ino for path in root.rglob("*")}
    with store.lock(ENVIRONMENT, HOLDER):
        pass
    assert before == {path: path.stat().st_ino for path in root.rglob("*")}
