"""The door to programs, for one host."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stagecraft.runtime.engine_api import Reply
from stagecraft.runtime.process import Finished, Processes


@dataclass(frozen=True)
class AboutHost:
    """The same door, for programs that are about one host."""

    processes: Processes
    host: str

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
        """Run a program as `Processes.run` does."""
        return self.processes.run(
            argv, env=env, cwd=cwd, stdin=stdin, deadline=deadline, source=source, host=self.host
        )

    def ask(self, at: Path, paths: Sequence[str], *, deadline: float) -> tuple[Reply, ...]:
        """Ask an engine as `Processes.ask` does."""
        return self.processes.ask(at, paths, deadline=deadline, host=self.host)
