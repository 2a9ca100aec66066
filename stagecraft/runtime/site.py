"""One Compose project with one text on one engine: the hands of a rollout (`engine.rollout.Site`)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stagecraft.errors import StepFailedError
from stagecraft.model.image import RunningImage
from stagecraft.model.ingress import Proxy, Traffic
from stagecraft.model.observed import Observed
from stagecraft.runtime.containers import look
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.ingress import IngressDoor
from stagecraft.runtime.runs import Finished
from stagecraft.runtime.up import up_command


@dataclass(frozen=True)
class ComposeSite:
    """What a rollout sees and touches; every program it starts ends by `deadline` (monotonic seconds)."""

    docker: Docker
    project: str
    directory: Path
    """The folder that relative paths of the text start from."""
    text: str
    """The text acted on: `compose.use.acted`."""
    values: Mapping[str, str]
    """What the text refers to as `${NAME}`; reaches Compose through its environment only."""
    deadline: float
    known: Collection[RunningImage] = ()
    """Images whose digests need not be asked for: those of the current release."""
    door: IngressDoor | None = None
    """To the proxy of the text, if it has one."""

    def observe(self) -> Observed:
        """Return every container of the project, and what the ingress says if the text has one."""
        containers = look(self.docker, self.project, self.deadline)
        proxies = self.door.look(containers, self.deadline) if self.door else ()
        return Observed(containers=containers, proxies=proxies)

    def up(self, services: Sequence[str], *, force: bool) -> None:
        """Bring these services, and no others, to the text."""
        self._up(services, up_command(self.project, self.directory, services, force=force))

    def add(self, totals: Mapping[str, int]) -> None:
        """Start new containers beside what is there, until each service has so many in all."""
        self._up(tuple(totals), up_command(self.project, self.directory, tuple(totals), totals=totals))

    def _up(self, services: Sequence[str], command: Sequence[str]) -> None:
        finished = self.docker.run(
            command,
            values=self.values,
            cwd=self.directory,
            stdin=self.text,
            deadline=self.deadline,
            source="rollout",
        )
        _check(finished, f"`docker compose up` of {_quoted(services)} failed with exit code {finished.code}")

    def remove(self, containers: Sequence[str]) -> None:
        """Stop containers with their own signal and grace period, then remove them without volumes.

        One that is gone already, or cannot be removed, is for the next look to notice.
        """
        self.docker.run(("stop", *containers), deadline=self.deadline, source="rollout")
        self.docker.run(("rm", "--force", *containers), deadline=self.deadline, source="rollout")

    def rename(self, container: str, name: str) -> None:
        """Give a container another name; a failure is for the next look to notice."""
        self.docker.run(("rename", container, name), deadline=self.deadline, source="rollout")

    def switch(self, proxy: Proxy, traffic: Traffic) -> None:
        """Tell a proxy, as it was last seen, which containers serve."""
        if self.door:
            self.door.switch(proxy, traffic, self.deadline)

    def check(self, container: str, command: Sequence[str]) -> tuple[int, Sequence[str]]:
        """Run a command in a container; return its exit code and the last lines it wrote."""
        finished = self.docker.run(("exec", container, *command), deadline=self.deadline, source="check")
        return finished.code, finished.tail

    def logs(self, container: str, lines: int) -> Sequence[str]:
        """Return the last lines a container wrote, none if that cannot be had."""
        return self.docker.logs(container, lines, deadline=self.deadline)

    def running(self, observed: Observed) -> Mapping[str, RunningImage]:
        """Return, per service, the image its containers were made from; of its newest container."""
        newest = {c.service: c for c in sorted(observed.containers, key=lambda c: (c.service, c.number))}
        known = {(image.image, image.id): image for image in self.known}
        asked = {c.image_id for c in newest.values() if (c.image, c.image_id) not in known}
        digests = self.docker.images.digests(asked)
        return {
            service: known.get((container.image, container.image_id))
            or RunningImage(
                image=container.image,
                id=container.image_id,
                digest=_digest(container.image, digests.get(container.image_id, ())),
            )
            for service, container in newest.items()
        }


@dataclass(frozen=True)
class PartialSite(ComposeSite):
    """A site of some services: nothing else of the project is seen, and so nothing else is touched."""

    only: frozenset[str] = frozenset()

    def observe(self) -> Observed:
        """Return the containers of these services."""
        seen = super().observe().containers
        return Observed(containers=tuple(one for one in seen if one.service in self.only))


def _check(finished: Finished, problem: str) -> Finished:
    if finished.code != 0:
        raise StepFailedError(problem, hint="the last lines below say why", log=finished.tail)
    return finished


def _quoted(services: Iterable[str]) -> str:
    return ", ".join(f"`{service}`" for service in services)


def _digest(image: str, known: Sequence[str]) -> str | None:
    """Return the registry digest that belongs to `image`: of its own repository, if the image has several."""
    repository = image.partition("@")[0]
    if ":" in repository.rpartition("/")[2]:
        repository = repository.rpartition(":")[0]
    own = [digest for digest in known if digest.partition("@")[0] == repository]
    return min(own or known, default=None)
