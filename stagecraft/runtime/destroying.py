"""Takes a Compose project off an engine (spec/commands/destroy.md)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stagecraft.errors import StepFailedError
from stagecraft.model.phase import HostStatus
from stagecraft.model.release import HostRecord
from stagecraft.model.step import Destroy
from stagecraft.runtime.docker import Docker


@dataclass(frozen=True)
class Destroying:
    """Removes what carries the project's label; callable as `StepRunner.destroy`. Safe to run again."""

    engine: Callable[[str], Docker]
    """The engine of a host, by name."""

    def __call__(self, step: Destroy, deadline: float) -> HostRecord:
        """Remove containers, networks and, if asked, volumes. Raises StepFailedError, UnavailableError."""
        work = _Work(self.engine(step.host), step, deadline)
        containers = work.found("ps", "--all", "--no-trunc")
        if containers:
            work.do("stop", *containers)
            work.do("rm", "--force", *(["--volumes"] if step.volumes else []), *containers)
        networks = work.found("network", "ls", "--no-trunc")
        if networks:
            work.do("network", "rm", *networks)
        volumes = work.found("volume", "ls") if step.volumes else ()
        if volumes:
            work.do("volume", "rm", *volumes)
        done = {"container": containers, "network": networks, "volume": volumes}
        actions = tuple(f"remove {_counted(len(ids), what)}" for what, ids in done.items() if ids)
        return HostRecord(status=HostStatus.UPDATED if actions else HostStatus.UNCHANGED, actions=actions)


@dataclass(frozen=True)
class _Work:
    docker: Docker
    step: Destroy
    deadline: float

    def found(self, *listing: str) -> tuple[str, ...]:
        """Return the IDs of what carries the project's label."""
        label = f"--filter=label=com.docker.compose.project={self.step.compose_project}"
        return tuple(self.do(*listing, "--quiet", label).split())

    def do(self, *arguments: str) -> str:
        finished = self.docker.run(arguments, deadline=self.deadline)
        if finished.code != 0:
            raise StepFailedError(
                f"`docker {' '.join(_words(arguments))}` failed with exit code {finished.code}",
                place=f"host {self.step.host}",
                hint="the last lines say what is in the way; run the command again when it is gone",
                log=tuple(finished.tail),
            )
        return finished.stdout


def _words(arguments: Sequence[str]) -> list[str]:
    return [word for word in arguments[:2] if word.isalpha()]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"
