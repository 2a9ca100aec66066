"""The single door to other programs (design, section 3).

Every program gets an explicit environment, its own process group, the lock's descriptor and a deadline; what
it prints is streamed, redacted, as events; and it can be ended with everything it started.
"""

import shlex
import signal
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from stagecraft.errors import StepFailedError, UnavailableError
from stagecraft.model.events import Command, CommandFinished, Event, Output
from stagecraft.model.step import LOCAL
from stagecraft.runtime.child import Child
from stagecraft.runtime.engine_api import Reply, ask
from stagecraft.runtime.redact import Redactor
from stagecraft.runtime.streams import shown

TAIL = 20
"""Lines kept for the message when a program fails."""


class ProcessTimeoutError(StepFailedError):
    """A program was not done by its deadline and was ended."""


class RunCancelledError(StepFailedError):
    """The run was cancelled while (or before) the program ran."""


class Ticks(Protocol):
    """The part of the clock that deadlines need."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...


@dataclass(frozen=True)
class Finished:
    """A program that ended. `stdout` and `stderr` are as written: for callers, never for people."""

    argv: tuple[str, ...]
    code: int
    """Exit code; minus the signal's number if a signal ended it."""
    stdout: str
    stderr: str
    tail: tuple[str, ...]
    """The last lines of both, redacted."""

    def require(self, what: str, hint: str = "") -> Self:
        """Return itself if the exit code is 0. Raises StepFailedError: `<what> failed with exit code 1`."""
        if self.code == 0:
            return self
        if self.code < 0:
            raise StepFailedError(f"{what} was ended by {_signal_name(-self.code)}", hint=hint, log=self.tail)
        raise StepFailedError(f"{what} failed with exit code {self.code}", hint=hint, log=self.tail)


class Processes:
    """Runs programs, in any thread; `cancel` ends them all."""

    def __init__(
        self,
        observer: Callable[[Event], None],
        redactor: Redactor,
        descriptors: Callable[[], tuple[int, ...]],
        clock: Ticks,
    ) -> None:
        self.redactor = redactor
        self._observer = observer
        self._descriptors = descriptors
        self._clock = clock
        self._running: set[Child] = set()
        self._cancelled = False

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdin: str | None = None,
        deadline: float | None = None,
        timeout: float | None = None,
        source: str = "",
        host: str = LOCAL,
    ) -> Finished:
        """Run a program to its end and return it, whatever its exit code.

        `deadline` is on the clock's monotonic scale, `timeout` in seconds from now; the earlier one counts.
        With a `source`, every line becomes an Output event; without, only begin and end are told. Both name
        the `host` it is about.

        Raises UnavailableError (no such program), ProcessTimeoutError, RunCancelledError.
        """
        tail: deque[bytes] = deque(maxlen=TAIL)
        end = self._end(deadline, timeout)

        def on_line(line: bytes) -> None:
            if line.strip():
                tail.append(line)
            if source:
                self._observer(Output(source=source, line=self._shown(line)))

        def check() -> None:
            self._check(argv, end, tail)

        check()
        with self._told(argv, host) as codes:
            child = self._start(argv, env, cwd, stdin, on_line)
            try:
                with child:
                    self._running.add(child)
                    code = child.run(check)
                    self._check(argv, None, tail)
                    codes.append(code)
            finally:  # not before its group is gone: `kill` does not wait for the grace that it has left
                self._running.discard(child)
        return Finished(tuple(argv), code, child.stdout.text, child.stderr.text, self._tail(tail))

    def ask(self, at: Path, paths: Sequence[str], *, deadline: float, host: str = LOCAL) -> tuple[Reply, ...]:
        """GET paths from the engine at a socket, told and cancelled as a program is; return the replies.

        Raises OSError (no engine, or no whole reply), ProcessTimeoutError, RunCancelledError.
        """
        argv = ("GET", *paths)
        with self._told(argv, host) as codes:
            replies = ask(at, paths, lambda: self._check(argv, deadline, deque()))
            codes.append(0)
        return replies

    def cancel(self) -> None:
        """End everything under way, and refuse to start more. Does not wait; safe in a signal handler.

        No lock is taken: each call under way notices within a tick, and ends its own group for good.
        """
        self._cancelled = True
        for child in tuple(self._running):
            child.signal(signal.SIGTERM)

    def kill(self) -> None:
        """End everything under way at once, without asking first, and refuse to start more."""
        self._cancelled = True
        for child in tuple(self._running):
            child.signal(signal.SIGKILL)

    def _check(self, argv: Sequence[str], end: float | None, tail: deque[bytes]) -> None:
        """Raise if the run was cancelled, or if it is `end` or later."""
        name = Path(argv[0]).name
        if self._cancelled:
            raise RunCancelledError(f"`{name}` was stopped", log=self._tail(tail))
        if end is not None and self._clock.monotonic() >= end:
            raise ProcessTimeoutError(f"`{name}` was not done in time", log=self._tail(tail))

    @contextmanager
    def _told(self, argv: Sequence[str], host: str) -> Iterator[list[int]]:
        """Tell of a program before and after it runs; the body leaves its exit code, if it has one."""
        line, began = shlex.join(map(self.redactor.redact, argv)), self._clock.monotonic()
        codes: list[int] = []
        self._observer(Command(line=line, host=host))
        try:
            yield codes
        finally:
            took = round(self._clock.monotonic() - began, 3)
            code = codes[0] if codes else None
            self._observer(CommandFinished(line=line, host=host, code=code, duration=took))

    def _start(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path | None,
        stdin: str | None,
        on_line: Callable[[bytes], None],
    ) -> Child:
        try:
            return Child(
                argv, env=env, cwd=cwd, stdin=stdin, descriptors=self._descriptors(), on_line=on_line
            )
        except FileNotFoundError:
            if cwd is not None and not cwd.is_dir():
                raise UnavailableError(f"folder `{cwd}` is not there") from None
            hint = "install it, or add its folder to PATH"
            raise UnavailableError(f"program `{argv[0]}` is not there", hint=hint) from None
        except OSError as error:
            raise UnavailableError(f"program `{argv[0]}` cannot be run: {error.strerror}") from None

    def _end(self, deadline: float | None, timeout: float | None) -> float | None:
        ends = [deadline] if deadline is not None else []
        ends += [self._clock.monotonic() + timeout] if timeout is not None else []
        return min(ends, default=None)

    def _shown(self, line: bytes) -> str:
        return shown(line, self.redactor.redact)

    def _tail(self, lines: deque[bytes]) -> tuple[str, ...]:
        return tuple(map(self._shown, lines))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
