"""What runs on a host, as observed, and what is wanted there."""

from collections.abc import Mapping
from enum import StrEnum

from stagecraft.model.canary import Canary
from stagecraft.model.frozen import Frozen
from stagecraft.model.ingress import Proxy, Routed
from stagecraft.model.strategy import Strategy


class Health(StrEnum):
    """A container's health, in the engine's words; `none` if it has no check."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class Container(Frozen):
    """One container of the Compose project."""

    id: str
    name: str
    service: str
    number: int = 1
    state: str
    """The engine's word: created running paused restarting exited dead."""
    health: Health = Health.NONE
    exit_code: int = 0
    restarts: int = 0
    up_for: float = 0
    """Seconds since it last started, by the engine's clock; 0 if it does not run."""
    digest: str = ""
    """Label `stagecraft.digest`."""
    inputs: str = ""
    """Label `stagecraft.inputs`."""
    image: str = ""
    """What the container was created from, as written."""
    image_id: str = ""
    health_log: tuple[str, ...] = ()
    """Outputs of the last health checks, oldest first; not redacted."""
    anonymous_volumes: bool = False
    """Whether it keeps data where only `up` without a second container finds it again."""
    replaces: str = ""
    """Label `com.docker.compose.replace`: what Compose made this container in place of."""
    addresses: Mapping[str, str] = {}
    """Network -> its address there; empty if it does not run."""


class Observed(Frozen):
    """Every container of one Compose project on one host, one-off containers excluded."""

    containers: tuple[Container, ...] = ()
    proxies: tuple[Proxy, ...] = ()
    """What the running containers of the ingress say; none if the text has no ingress."""

    def of(self, service: str) -> tuple[Container, ...]:
        """Return the containers of one service, lowest number first."""
        return tuple(sorted((c for c in self.containers if c.service == service), key=lambda c: c.number))


class Condition(StrEnum):
    """When a dependency counts as ready (Compose specification, `depends_on`)."""

    STARTED = "service_started"
    HEALTHY = "service_healthy"
    COMPLETED = "service_completed_successfully"


class WantedService(Frozen):
    """One service of the final text, reduced to what the next action depends on."""

    name: str
    digest: str
    """Its `stagecraft.digest`."""
    inputs: str
    """Its `stagecraft.inputs` for the values of today; empty if it uses none."""
    image: str = ""
    """What the text says; only to name the cause of a replacement."""
    replicas: int = 1
    restart: str = "no"
    has_check: bool = False
    needs: Mapping[str, Condition] = {}
    """Services of the same text it depends on."""
    strategy: Strategy = Strategy()
    routed: Routed | None = None
    """How the ingress of the text reaches it; None if it does not."""
    canary: Canary | None = None
    """How its first new containers have to prove themselves; None if they need not."""


class Wanted(Frozen):
    """The goal of one rollout."""

    services: tuple[WantedService, ...]
    recreate: frozenset[str] = frozenset()
    """Services whose containers are replaced although both labels match."""
    ingress: str = ""
    """The service that is the proxy; empty if there is none."""


class Progress(Frozen):
    """What this run has done so far, as far as the next action depends on it."""

    tried: frozenset[str] = frozenset()
    """Services that were brought up in this run: what is wrong with them now is a failure."""
    overdue: frozenset[str] = frozenset()
    """Services that are waited for longer than they may take."""
    stale: frozenset[str] = frozenset()
    """IDs of the containers that `recreate` is about: those of before this run."""
    added: Mapping[str, int] = {}
    """Service -> how many new containers there have to be, since some were added beside the old ones."""
    rested: frozenset[str] = frozenset()
    """Services whose `delay` between two batches, or whose `hold`, is over."""
    drained: frozenset[str] = frozenset()
    """IDs of the containers whose requests in flight have had all the time they get."""
    checked: Mapping[str, int] = {}
    """Service -> exit code of the check of its new containers, once it was run."""
    failed: bool = False
    """Whether the run has failed: what is left is to take back what was begun."""
