"""The lock of one environment: freed by the kernel when the run and every program it started are gone."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import Timeout, UnixFileLock

from stagecraft.errors import LockBusyError
from stagecraft.model.holder import Holder
from stagecraft.store import probe
from stagecraft.store.clock import Clock

LEFTOVERS = 60.0
"""Seconds a run waits for the commands of a dead one."""
_LOOK = 5.0
"""Seconds after which a shared lock is no longer taken for a reader's short look."""
_POLL = 0.2
"""Seconds between two tries."""
_POLL_LEFT_OVER = 1.0
"""The same while every try looks through /proc."""


class HeldLock:
    """The lock while it is held."""

    def __init__(self, path: Path, descriptor: int, holder: Holder) -> None:
        self._path = path
        self._descriptor = descriptor
        self._holder = holder

    @property
    def descriptor(self) -> int:
        """Return the descriptor that every program the run starts has to inherit."""
        return self._descriptor

    def ours(self) -> bool:
        """Return whether the file is still the one that was locked: it may have been removed by hand."""
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        locked = os.fstat(self._descriptor)
        return (now.st_dev, now.st_ino) == (locked.st_dev, locked.st_ino)

    def note(self, release: str = "", phase: str = "") -> None:
        """Write down who holds the lock, for people; not being able to is no reason to stop."""
        holder = self._holder.model_copy(update={"release": release, "phase": phase})
        self._write(holder.model_dump_json(indent=2).encode() + b"\n")

    def clear(self) -> None:
        """Say that nobody holds it any more."""
        self._write(b"")

    def _write(self, content: bytes) -> None:
        with contextlib.suppress(OSError):
            os.pwrite(self._descriptor, content, 0)
            os.ftruncate(self._descriptor, len(content))


class EnvironmentLock:
    """Takes the lock, or says who has it. `notice` is told which commands of a dead run are waited for."""

    def __init__(self, path: Path, clock: Clock, notice: Callable[[str], None]) -> None:
        self._path = path
        self._environment = path.parent.name
        self._clock = clock
        self._notice = notice

    @contextlib.contextmanager
    def held(self, holder: Holder, wait: float) -> Iterator[HeldLock]:
        """Hold the lock for the length of the block. Raises LockBusyError, OSError."""
        descriptors: list[int] = []
        lock = UnixFileLock(
            self._path,
            mode=0o600,
            thread_local=False,
            fallback_to_soft=False,
            on_acquired=descriptors.append,
        )
        self._acquire(lock, wait)
        held = HeldLock(self._path, descriptors[-1], holder)
        try:
            held.note()
            yield held
        finally:
            held.clear()
            lock.release()

    def _acquire(self, lock: UnixFileLock, wait: float) -> None:
        start = self._clock.monotonic()
        limit, named = start + wait, False
        while True:
            with contextlib.suppress(Timeout):
                lock.acquire(timeout=0)
                return
            now = self._clock.monotonic()
            if not probe.is_held(self._path) and now < start + _LOOK:
                self._clock.sleep(0.001)  # a reader looked at it, or it has just become free
                continue
            left = self._left_over()
            if left and not named:
                limit, named = max(limit, now + LEFTOVERS), True
                self._notice(f"{left}; waiting for up to {LEFTOVERS:.0f} s")
            if now >= limit:
                raise self._busy(left)
            self._clock.sleep(min(_POLL_LEFT_OVER if left else _POLL, limit - now))

    def _left_over(self) -> str:
        """Say which commands of a dead run hold the lock; empty if its holder lives."""
        holder = probe.read_holder(self._path)
        processes = probe.processes_holding(self._path)
        if not holder or not probe.is_dead(holder, processes):
            return ""
        what = ", ".join(map(str, processes)) or "commands that cannot be seen from here"
        return (
            f"the run of {holder.actor} (pid {holder.pid}) on `{self._environment}` is dead,"
            f" but what it started still runs: {what}"
        )

    def _busy(self, left: str) -> LockBusyError:
        if left:
            return LockBusyError(
                left, hint="end these programs, or wait for them, then run the command again"
            )
        hint = "wait for it to end, or pass `--lock-wait SECONDS`"
        holder = probe.read_holder(self._path)
        if not holder:
            return LockBusyError(f"another run holds the lock of `{self._environment}`", hint=hint)
        return LockBusyError(
            f"another run holds the lock of `{self._environment}`: {holder.describe()}", hint=hint
        )
