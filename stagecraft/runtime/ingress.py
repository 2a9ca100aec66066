"""Speaks to a proxy in its container: one request, one reply, over its loopback (spec/ingress.md).

`docker exec` works through any way to an engine, and no port has to be published for it.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from stagecraft.errors import StepFailedError
from stagecraft.model.ingress import Duty, Ingress, Proxy, Traffic, Upstream
from stagecraft.model.observed import Container
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.process import ProcessTimeoutError

PATIENCE = 10.0
"""Seconds a proxy may take to answer."""
FRESH = 1.0
"""Seconds for which what a proxy said holds, if nobody told it anything since: the lock is ours."""
_TALK = """\
if command -v bash >/dev/null 2>&1; then
  exec bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" && cat >&3 && exec cat <&3' "$0"
elif command -v socat >/dev/null 2>&1; then exec socat -t 10 - "TCP:127.0.0.1:$0"
else exec nc 127.0.0.1 "$0"
fi"""
"""Sends stdin to a port of the container, and prints the reply; for `sh -c`, with the port as `$0`."""


class Driver(Protocol):
    """What is needed of a kind of proxy: `stagecraft.ingress.protocol.Driver`."""

    @property
    def port(self) -> int:
        """The port on the container's loopback."""
        ...

    @property
    def settles(self) -> float:
        """Seconds after a switch in which its counts miss something."""
        ...

    def question(self, ingress: Ingress) -> str:
        """Return the request that asks for the state."""
        ...

    def upstreams(self, ingress: Ingress, reply: str) -> tuple[Upstream, ...]:
        """Return what a reply tells. Raises ValueError."""
        ...

    def switch(self, ingress: Ingress, reply: str, traffic: Traffic) -> str:
        """Return the request that changes who serves. Raises ValueError."""
        ...

    def refusal(self, ingress: Ingress, reply: str, traffic: Traffic) -> str:
        """Return why the reply to that is no acknowledgement; empty if it is."""
        ...


@dataclass(frozen=True)
class IngressDoor:
    """The proxies of one text on one engine."""

    ingress: Ingress
    driver: Driver
    docker: Docker
    known: dict[str, tuple[float, Proxy]] = field(default_factory=dict)
    """By container ID: what it said, and when."""
    switched: dict[str, float] = field(default_factory=dict)
    """By container ID: when it last acknowledged a switch."""

    def look(self, containers: Iterable[Container], deadline: float) -> tuple[Proxy, ...]:
        """Ask every running container of the ingress of which it is not known already."""
        return tuple(
            self._known(container) or self._asked(container.id, deadline)
            for container in containers
            if container.service == self.ingress.service and container.state == "running"
        )

    def switch(self, proxy: Proxy, traffic: Traffic, deadline: float) -> None:
        """Tell a proxy who serves, and see that it is so; one that is silent is for the next look to notice.

        Raises StepFailedError: it cannot, or it answers and yet does something else.
        """
        try:
            request = self.driver.switch(self.ingress, proxy.said, traffic)
        except ValueError as error:
            raise self._refused(str(error)) from error
        self.known.pop(proxy.container, None)
        reply, problem = self._sent(proxy.container, request, deadline)
        refusal = "" if problem else self.driver.refusal(self.ingress, reply, traffic)
        if refusal:
            raise self._refused(refusal, reply)
        if not problem:
            self.switched[proxy.container] = self.docker.now()
        with suppress(ValueError):  # not every kind of proxy tells its state in the reply
            self._told(proxy.container, reply)

    def _known(self, container: Container) -> Proxy | None:
        """Return what it said a moment ago, unless it was restarted since."""
        at, proxy = self.known.get(container.id, (0.0, None))
        return proxy if self.docker.now() - at < min(FRESH, container.up_for) else None

    def _asked(self, container: str, deadline: float) -> Proxy:
        """Return what a container of the ingress says about its state."""
        reply, problem = self._sent(container, self.driver.question(self.ingress), deadline)
        if problem:
            return Proxy(container=container, problem=problem)
        try:
            return self._told(container, reply)
        except ValueError as error:
            return Proxy(container=container, problem=str(error))

    def _told(self, container: str, reply: str) -> Proxy:
        """Return what a reply tells. Raises ValueError.

        It is kept, unless what is waited for passes by itself: requests in flight, or that it settles.
        """
        found, now = self.driver.upstreams(self.ingress, reply), self.docker.now()
        told = self.switched.get(container)
        settling = told is not None and now - told < self.driver.settles
        proxy = Proxy(container=container, upstreams=found, said=reply, settling=settling)
        if not settling and not any(one.in_flight for one in found if one.duty is not Duty.SERVES):
            self.known[container] = now, proxy
        return proxy

    def _sent(self, container: str, request: str, deadline: float) -> tuple[str, str]:
        """Send one request to a container of the ingress; return the reply, and why there is none."""
        command = ("exec", "--interactive", container, "sh", "-c", _TALK, str(self.driver.port))
        by = min(deadline, self.docker.now() + PATIENCE)
        try:
            finished = self.docker.run(command, stdin=request, deadline=by)
        except ProcessTimeoutError:
            return "", f"no answer within {PATIENCE:.0f} seconds"
        if finished.code != 0:
            return "", " ".join(finished.tail[-1:]) or "nobody listens"
        return finished.stdout, ""

    def _refused(self, why: str, said: str = "") -> StepFailedError:
        return StepFailedError(
            f"the ingress `{self.ingress.service}` cannot be switched: {why}",
            hint="does its container run the configuration that Stagecraft mounts?",
            log=tuple(said.splitlines()[:20]),
        )
