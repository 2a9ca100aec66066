"""The engines of a run: this machine's own, and one for each host while its session is open."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from stagecraft.errors import StagecraftError, UnavailableError
from stagecraft.model.holder import Holder
from stagecraft.model.step import LOCAL
from stagecraft.runtime.about_host import AboutHost
from stagecraft.runtime.database_url import Dial
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.local_registry import LocalRegistry
from stagecraft.runtime.process import Processes
from stagecraft.runtime.ssh import SshSession, begin_session
from stagecraft.runtime.ssh_command import Target
from stagecraft.runtime.ssh_errors import leads_nowhere, out_of_reach
from stagecraft.runtime.ssh_facts import HostFacts
from stagecraft.runtime.ssh_hosts import Opened, begin_all, lock_all, wait_all
from stagecraft.runtime.ssh_tunnel import tunnel
from stagecraft.runtime.together import together

_LEAD_SECONDS = 15.0
"""How long a host may take to listen on a port."""


class Engines:
    """Finds a host's engine. `begin` or `connect` opens sessions; `close` lets go of hosts and locks."""

    def __init__(
        self,
        local: Docker,
        processes: Processes,
        targets: Sequence[Target],
        environ: Mapping[str, str],
        registry: LocalRegistry | None = None,
    ) -> None:
        """`environ` is the user's own: OpenSSH needs their agent and configuration."""
        self.registry = registry
        """The one of `registry: local`, served while a run lasts."""
        self._local = local
        self._processes = processes
        self._targets = targets
        self._environ = environ
        self._opened = Opened({}, {})
        self._begun: Opened | None = None
        self._remote: dict[str, Docker] = {}
        """By address; kept, because each remembers what its engine said of itself."""

    @property
    def remote(self) -> bool:
        """Return whether the environment's hosts are reached by SSH."""
        return bool(self._targets)

    def begin(self) -> None:
        """Start a session to every host and wait for none: they open while something else is done."""
        if self._begun is None and not self._opened.sessions:
            self._begun = begin_all(self._targets, self._begin)

    def connect(self) -> Mapping[str, StagecraftError]:
        """Return, once a session to every host is open, what kept one from opening, by host."""
        self.begin()
        if self._begun is not None:
            self._opened, self._begun = wait_all(self._begun), None
        return self._opened.problems

    def lock(self, name: str, holder: Holder) -> None:
        """Take the lock on every host. Raises LockBusyError with the holder's name."""
        lock_all(self._opened.sessions, name, holder)

    def serve(self, descriptors: Sequence[int]) -> None:
        """Serve the run's own registry, if that is configured, and lead every host to it.

        Raises UnavailableError with the problems of all hosts.
        """
        if self.registry is None or not self.registry.way:
            return
        self.registry.start(descriptors)
        problems = [problem for problem in together(sorted(self._opened.sessions), self._led) if problem]
        if problems:
            hint = "; ".join(dict.fromkeys(problem.hint for problem in problems))
            raise UnavailableError("\n".join(map(str, problems)), hint=hint)

    def _led(self, host: str) -> UnavailableError | None:
        """Lead a host's port to the registry; return what is in the way."""
        session, port = self._session(host), self.registry.port if self.registry else 0
        environment = {**self._environ, "SSH_ASKPASS_REQUIRE": "never"}
        if self._processes.run(session.leading_back(port), env=environment, timeout=_LEAD_SECONDS).code != 0:
            return leads_nowhere(session.target, port)
        if not self.of(host).images.registry_answers(f"localhost:{port}/any/image:1"):
            return out_of_reach(session.target, port)
        return None

    def of(self, host: str) -> Docker:
        """Return the engine of a host. Raises UnavailableError if its session is not open."""
        if not self.remote and host == LOCAL:
            return self._local
        address = self._session(host).docker_host
        if address not in self._remote:
            there = AboutHost(self._processes, host)
            self._remote[address] = Docker(self._local.access.at(address), there, compose=self._local.compose)
        return self._remote[address]

    @contextmanager
    def tunnel(self, host: str, address: str, port: int) -> Iterator[Dial]:
        """Bring a port that `host` reaches here while the context lasts. Raises UnavailableError."""
        target = next(target for target in self._targets if target.name == host)
        with tunnel(target, address, port, self._environ) as dial:
            yield dial

    def facts(self, host: str) -> HostFacts | None:
        """Return what a host said of itself; None for this machine. Raises UnavailableError."""
        return self._session(host).facts if self.remote else None

    def close(self) -> None:
        """Close every session, and then what they led back to. Idempotent."""
        for opened in (self._begun, self._opened):
            if opened is not None:
                opened.close()
        self._begun, self._opened = None, Opened({}, {})
        if self.registry:
            self.registry.close()

    def _session(self, host: str) -> SshSession:
        session = self._opened.sessions.get(host)
        if session is None or not session.alive():
            raise UnavailableError(
                "its session is not open",
                place=f"host {host}",
                hint="`ssh` to it yourself: what does it say?",
            )
        return session

    def _begin(self, target: Target) -> SshSession:
        return begin_session(target, environment=self._environ, leads_back=self.registry is not None)
