"""How a database is reached whose URL names a Compose service: at its container's address, from its host."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from stagecraft.app.migration_entry import text_of
from stagecraft.app.rollouts import Rollouts
from stagecraft.compose.one_off import dependencies, services_of
from stagecraft.errors import UnavailableError
from stagecraft.model.release import Release
from stagecraft.model.sql import Dialect
from stagecraft.model.step import LOCAL, Migrate
from stagecraft.runtime.database_url import DatabaseUrl, Dial
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.one_off import address

Tunnel = Callable[[str, str, int], AbstractContextManager[Dial]]
"""A way through a host's SSH session: host, address as that host sees it, port."""
_PORTS = {Dialect.POSTGRES: 5432, Dialect.MYSQL: 3306}


@dataclass(frozen=True)
class DatabaseReach:
    """Callable as `migration_sql.Reach`."""

    engine: Callable[[str], Docker]
    rollouts: Rollouts
    tunnel: Tunnel
    project: str
    """The Compose project."""
    health_timeout: float

    @contextmanager
    def __call__(
        self, step: Migrate, release: Release, url: DatabaseUrl, deadline: float
    ) -> Iterator[Dial | None]:
        """Yield where to dial; a service that does not run is started first, one that does is not touched."""
        text = text_of(step, release)
        port = url.port or _PORTS.get(url.dialect, 0)
        if url.dialect is Dialect.SQLITE:
            yield None
            return
        if not text or url.host not in services_of(text):
            with self._through(step.host, url.host, port) as dial:
                yield dial
            return
        services = (*dependencies(text, [url.host]), url.host)
        self.rollouts.start(
            step.host,
            self.project,
            release,
            text,
            services,
            health_timeout=self.health_timeout,
            deadline=deadline,
        )
        found = address(self.engine(step.host), self.project, url.host)
        if not found:
            raise UnavailableError(
                f"the service that `{url.secret}` names as its host has no address of its own on {step.host}",
                hint="its container has to run, in a network that Compose made",
            )
        with self._through(step.host, found, port) as dial:
            yield dial or Dial(found, port)

    def _through(self, host: str, to: str, port: int) -> AbstractContextManager[Dial | None]:
        return nullcontext(None) if host == LOCAL else self.tunnel(host, to, port)
