"""The door to other programs, as those see it that go through it; `runtime/process.py` is the door itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from stagecraft.runtime.engine_api import Reply


class Finished(Protocol):
    """A program that ended by itself."""

    @property
    def code(self) -> int:
        """The exit code."""
        ...

    @property
    def stdout(self) -> str:
        """Everything it wrote to stdout."""
        ...

    @property
    def stderr(self) -> str:
        """Everything it wrote to stderr."""
        ...

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines of both streams as they came, redacted."""
        ...


class Runs(Protocol):
    """Starts programs, one way: explicit environment, deadline, own process group, the lock inherited."""

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None,
        stdin: str | None = None,
        deadline: float | None = None,
        source: str = "",
    ) -> Finished:
        """Run a program to its end, whatever its exit code. Raises when it is cancelled or late."""
        ...

    def ask(self, at: Path, paths: Sequence[str], *, deadline: float) -> Sequence[Reply]:
        """GET paths from the engine at a socket. Raises OSError, and when it is cancelled or late."""
        ...
