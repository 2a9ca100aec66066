"""How an environment stands: what runs on every host, held against the recorded current release."""

from stagecraft.model.frozen import Frozen
from stagecraft.model.observed import Container


class ServiceStanding(Frozen):
    """One service on one host."""

    service: str
    wanted: int
    """Containers the recorded text asks for; 0 if the service is not in it."""
    image: str = ""
    """What the recorded text says; empty if the service is not in it."""
    containers: tuple[Container, ...] = ()
    drift: tuple[str, ...] = ()
    """What differs from the record, one sentence each; empty if nothing does."""
    recorded: bool = True
    """Whether every container is of the recorded definition."""


class HostStanding(Frozen):
    """One host."""

    host: str
    services: tuple[ServiceStanding, ...] = ()
    problem: str = ""
    """Why it could not be looked at; empty if it could."""
    notes: tuple[str, ...] = ()
    """What a person should know of it that is no drift."""

    @property
    def drifted(self) -> bool:
        """Return whether anything on it differs from the record."""
        return any(service.drift for service in self.services)


class Standing(Frozen):
    """One environment."""

    environment: str
    release: str | None
    """The current release; None: nothing should run."""
    version: str | None
    hosts: tuple[HostStanding, ...]
    notes: tuple[str, ...] = ()
    """What a person should know of the environment that is no drift: manual migrations that are not done."""

    @property
    def drifted(self) -> bool:
        """Return whether anything on any host differs from the record."""
        return any(host.drifted for host in self.hosts)

    @property
    def unseen(self) -> tuple[HostStanding, ...]:
        """Return the hosts that could not be looked at."""
        return tuple(host for host in self.hosts if host.problem)
