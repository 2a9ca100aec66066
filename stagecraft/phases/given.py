"""What the phases decide from: values only, gathered by `app`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stagecraft.model.canary import Canary
from stagecraft.model.image import Image
from stagecraft.model.migration import When, Work


@dataclass(frozen=True)
class HostGiven:
    """One host of the environment."""

    name: str
    text: str
    """Digest of its planned Compose text."""
    wave: int = 0
    remote: bool = False
    """Whether it is reached by SSH: then its images are pulled everywhere before anything is touched."""
    has_ingress: bool = False
    """Whether its text has an ingress."""
    changed: bool = True
    """Whether its text is another one than the current release's: otherwise it has its images."""


@dataclass(frozen=True)
class MigrationGiven:
    """One migration of the project, looked up."""

    when: When
    work: Work
    host: str
    cause: str


@dataclass(frozen=True)
class Given:
    """Everything a plan is made of, before it is put into steps."""

    version: str
    base: str | None
    """Id of the current release."""
    base_version: str | None
    hosts: tuple[HostGiven, ...]
    compose_project: str
    health_timeout: float
    definition: str = ""
    """The bake definition of what is to be built; empty if nothing is."""
    builds: Mapping[str, str] = field(default_factory=dict)
    """Service -> `repository:tag`, for each image that is built here."""
    given: Mapping[str, Image] = field(default_factory=dict)
    """Service -> image that is not built here."""
    given_reason: str = ""
    """Why nothing is built, if every image is given."""
    registry: str | None = None
    served: bool = False
    """Whether that registry is the run's own, on this machine."""
    recreate: tuple[str, ...] = ()
    canary: Canary | None = None
    migrations: tuple[MigrationGiven, ...] = ()
    """In the order of the configuration; manual ones too, for which no phase has a step."""
    superseded: tuple[str, ...] = ()
    """References of images that no kept release needs."""
    retain: int = 10

    @property
    def carried(self) -> bool:
        """Return whether images go from this machine's engine to the hosts', by ID."""
        return self.registry is None and any(host.remote for host in self.hosts)
