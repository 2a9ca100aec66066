"""What a rollout sees and touches: one Compose project with one text on one host."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from stagecraft.model.image import RunningImage
from stagecraft.model.ingress import Proxy, Traffic
from stagecraft.model.observed import Observed


class Site(Protocol):
    """One Compose project with one text on one host: what the loop sees and touches.

    Every method may raise StepFailedError, and UnavailableError when the engine does not answer.
    """

    def observe(self) -> Observed:
        """Return every container of the project, and what the ingress says if the text has one."""
        ...

    def up(self, services: Sequence[str], *, force: bool) -> None:
        """Bring these services, and no others, to the text; `force` replaces what would be kept."""
        ...

    def add(self, totals: Mapping[str, int]) -> None:
        """Start new containers of the text beside what is there, until each service has so many in all."""
        ...

    def remove(self, containers: Sequence[str]) -> None:
        """Stop containers, by ID, with their own signal and grace period, and remove them without volumes."""
        ...

    def rename(self, container: str, name: str) -> None:
        """Give a container, by ID, another name."""
        ...

    def switch(self, proxy: Proxy, traffic: Traffic) -> None:
        """Tell a proxy, as it was last seen, which containers serve; return once it has acknowledged it.

        One that does not answer is for the next look to notice.
        """
        ...

    def check(self, container: str, command: Sequence[str]) -> tuple[int, Sequence[str]]:
        """Run a command in a container, by ID; return its exit code and the last lines it wrote."""
        ...

    def logs(self, container: str, lines: int) -> Sequence[str]:
        """Return the last lines a container, by name, wrote, as they are; best effort."""
        ...

    def running(self, observed: Observed) -> Mapping[str, RunningImage]:
        """Return, per service, the image its containers were made from."""
        ...
