"""One running program: its own session and process group, its pipes, and its end."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from stagecraft.runtime.streams import Capture

GRACE = 2.0
"""Seconds between TERM and KILL."""
LINGER = 1.0
"""Seconds that output is still read after the program ended, if something it started holds the pipe."""
_TICK = 0.1
_CHUNK = 65536


class Child:
    """A program and everything it starts. A context manager: whatever happens, the group is gone afterwards.

    Raises OSError if the program cannot be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None,
        stdin: str | None,
        descriptors: tuple[int, ...],
        on_line: Callable[[bytes], None],
    ) -> None:
        self.stdout, self.stderr = Capture(on_line), Capture(on_line)
        self._input = memoryview((stdin or "").encode("utf-8", "surrogateescape"))
        self._process = subprocess.Popen(
            argv,
            env=env,
            cwd=cwd,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            pass_fds=descriptors,
        )
        self._selector = selectors.DefaultSelector()
        for pipe, capture in ((self._process.stdout, self.stdout), (self._process.stderr, self.stderr)):
            self._watch(pipe, selectors.EVENT_READ, partial(self._read, capture))
        if stdin:
            self._watch(self._process.stdin, selectors.EVENT_WRITE, self._write)

    def __enter__(self) -> Self:
        """Return the running program."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the group unless the program ended by itself, and close the pipes."""
        try:
            if error or self._process.poll() is None:
                self.end()
        finally:
            for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
                if pipe:
                    pipe.close()
            self._selector.close()

    def run(self, check: Callable[[], None]) -> int:
        """Return the exit code once the program ended and its output is read. `check` may raise."""
        exited: float | None = None
        while exited is None or (self._reading() and time.monotonic() < exited + LINGER):
            check()
            self._step()
            if exited is None and self._process.poll() is not None:
                exited = time.monotonic()
        self.stdout.close()
        self.stderr.close()
        return int(self._process.returncode)

    def signal(self, number: int) -> None:
        """Signal the whole group; it may be gone already."""
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            return

    def end(self) -> None:
        """TERM to the group, KILL after GRACE, or once the program and every holder of its output are gone.

        The group itself is not waited for: where nobody reaps orphans, its zombies stay for ever.
        """
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.signal(number)
            until = time.monotonic() + GRACE
            while self._there() and time.monotonic() < until:
                self._step(0.02)

    def _there(self) -> bool:
        return self._process.poll() is None or self._reading()

    def _step(self, seconds: float = _TICK) -> None:
        """Read and write what is ready, or wait at most that long for it, or for the end."""
        if not self._selector.get_map():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
            return
        for key, _ in self._selector.select(seconds):
            key.data(key.fileobj)

    def _reading(self) -> bool:
        return any(key.events == selectors.EVENT_READ for key in self._selector.get_map().values())

    def _watch(self, pipe: IO[bytes] | None, events: int, ready: Callable[[IO[bytes]], None]) -> None:
        if pipe:
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, events, ready)

    def _unwatch(self, pipe: IO[bytes]) -> None:
        self._selector.unregister(pipe)
        pipe.close()

    def _read(self, capture: Capture, pipe: IO[bytes]) -> None:
        data = pipe.read(_CHUNK)
        if data:
            capture.feed(data)
        elif data is not None:  # None: nothing there after all
            self._unwatch(pipe)

    def _write(self, pipe: IO[bytes]) -> None:
        try:
            written = os.write(pipe.fileno(), self._input[:_CHUNK])
        except BlockingIOError:
            return
        except BrokenPipeError:  # the program does not want the rest
            written = len(self._input)
        self._input = self._input[written:]
        if not self._input:
            self._unwatch(pipe)
