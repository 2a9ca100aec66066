"""What runs on the hosts of an environment at the moment, for commands that look inside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from stagecraft.app.hands import Hands, MakeHands
from stagecraft.app.opened import Opened, opened
from stagecraft.app.where import Where
from stagecraft.engine.ports import Observer
from stagecraft.errors import ConfigError, UnavailableError
from stagecraft.model.observed import Container
from stagecraft.model.step import LOCAL
from stagecraft.runtime.site import ComposeSite

_SECONDS = 30.0
"""How long a host may take to say what runs there."""


@dataclass(frozen=True)
class Running:
    """The hosts of an environment, connected, and their containers."""

    hands: Hands
    containers: tuple[tuple[str, Container], ...]
    """Host and container, by host, service and number."""
    environment: str

    def of(self, services: tuple[str, ...]) -> tuple[tuple[str, Container], ...]:
        """Return those of the services, or all if none is named. Raises ConfigError if there is none."""
        found = tuple(one for one in self.containers if not services or one[1].service in services)
        if not found:
            known = sorted({f"`{container.service}`" for _, container in self.containers})
            raise ConfigError(
                f"no container of {', '.join(f'`{name}`' for name in services) or 'the project'} is there",
                hint=f"there is {', '.join(known)}"
                if known
                else f"deploy first: `stagecraft deploy --env {self.environment}`",
            )
        return found


@contextmanager
def running(
    where: Where, observer: Observer, env: str | None, host: str | None, make: MakeHands
) -> Iterator[Running]:
    """Connect to the hosts, or to the one named, and look. Raises ConfigError, UnavailableError."""
    here = _narrowed(opened(where, env), host)
    hands = make(where, here, observer)
    try:
        for name, problem in hands.engines.connect().items():
            raise UnavailableError(problem.message, hint=problem.hint, place=f"host {name}")
        yield Running(hands, tuple(_containers(hands, here)), here.environment.name)
    finally:
        hands.stop()
        hands.engines.close()


def _narrowed(here: Opened, host: str | None) -> Opened:
    if host is None:
        return here
    hosts = here.environment.hosts
    if host not in (hosts or (LOCAL,)):
        raise ConfigError(
            f"there is no host `{host}` in `{here.environment.name}`",
            hint=f"there is {', '.join(f'`{name}`' for name in sorted(hosts) or (LOCAL,))}",
        )
    only = {host: hosts[host]} if hosts else {}
    return replace(here, environment=here.environment.model_copy(update={"hosts": only}))


def _containers(hands: Hands, here: Opened) -> Iterator[tuple[str, Container]]:
    project = here.environment.compose_project
    for host in sorted(here.environment.hosts) or (LOCAL,):
        deadline = hands.clock.monotonic() + _SECONDS
        site = ComposeSite(hands.engines.of(host), project, here.folder, "", {}, deadline)
        found = site.observe().containers
        for container in sorted(found, key=lambda one: (one.service, one.number)):
            yield host, container
