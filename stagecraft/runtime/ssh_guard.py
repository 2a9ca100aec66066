"""A process that cannot outlive the run: a tiny shell guards it (spec/hosts.md)."""

import fcntl
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

GUARD = """\
lifeline=$1 folder=$2
shift 2
exec 3<&0 </dev/null
"$@" <&3 3<&- &
exec 3<&- >/dev/null 2>&1
read -r _ <"/dev/fd/$lifeline"
rm -rf "$folder"
kill -KILL 0
"""
"""Runs a command until the lifeline closes, then takes away its folder and its process group, and itself.

Nothing is ever written to the lifeline, so `read` returns only when the last one who could write is gone: the
run. Python opens descriptors close-on-exec, so no program that the run starts keeps it open.
"""

_END_SECONDS = 5
_BEYOND_THE_SHELL = 20
"""Descriptors from here on are not ones that the shell uses."""


class Guarded:
    """A program with a private folder; both end with `end`, or with the run, however that ends."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        descriptors: Sequence[int] = (),
    ) -> None:
        """Start it. `descriptors` stay open in the guard: the store's lock is held as long."""
        self._folder = folder
        self._log = folder / "log"
        self._ending = threading.Lock()
        self._ended = False
        reading, self._lifeline = _pipe()
        try:
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(
                    ("/bin/sh", "-c", GUARD, "stagecraft-guard", str(reading), str(folder), *command),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=dict(environment),
                    pass_fds=(reading, *descriptors),
                    start_new_session=True,
                    bufsize=0,
                )
        finally:
            os.close(reading)

    @property
    def output(self) -> int:
        """Return the descriptor to read the program's stdout from."""
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        return self._process.stdout.fileno()

    def write(self, text: str) -> None:
        """Give the program input; one that has ended takes it without a word."""
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        with suppress(OSError, ValueError):
            self._process.stdin.write(text.encode())

    def log(self) -> str:
        """Return what it wrote to stderr; empty once it is ended."""
        with suppress(OSError):
            return self._log.read_text(encoding="utf-8", errors="replace")
        return ""

    def end(self) -> None:
        """End the program, what it started, and the guard; remove the folder. Idempotent, from any thread."""
        with self._ending:
            if self._ended:
                return
            self._ended = True
            os.close(self._lifeline)
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            shutil.rmtree(self._folder, ignore_errors=True)

    def release(self) -> None:
        """Close the pipes, after `end`; only whoever reads `output` may do that."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _pipe() -> tuple[int, int]:
    low, writing = os.pipe()
    try:
        return fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _BEYOND_THE_SHELL), writing
    finally:
        os.close(low)
