"""What every kind of proxy can do: values in, values out; `runtime` sends and receives (spec/ingress.md)."""

from collections.abc import Mapping
from typing import Any, Protocol

from stagecraft.model.ingress import Ingress, Traffic, Upstream


class Driver(Protocol):
    """One kind of proxy.

    It is spoken to over one TCP port of its container's loopback: a request is sent as a whole, and
    everything up to the end of the connection is the reply.
    """

    file: str
    """Where its usual image reads the configuration, if the project does not say."""
    port: int
    """The port on loopback, in its container, where it is spoken to."""
    settles: float
    """Seconds after a switch in which requests it does not count yet may go to who served before."""

    def render(self, ingress: Ingress, include: str) -> str:
        """Return the proxy's configuration: by the names of services, so that a restart comes back right.

        `include` is the user's own part. Raises ConfigError: it cannot be used.
        """
        ...

    def notes(self, ingress: Ingress, service: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what a reader of a plan has to know; `service` is the definition of the proxy."""
        ...

    def question(self, ingress: Ingress) -> str:
        """Return the request for everything `upstreams` reads."""
        ...

    def upstreams(self, ingress: Ingress, reply: str) -> tuple[Upstream, ...]:
        """Return what the proxy leads requests to, and how many are in flight: a reply to `question`.

        Raises ValueError if that cannot be told.
        """
        ...

    def switch(self, ingress: Ingress, reply: str, traffic: Traffic) -> str:
        """Return the request that leads the requests of each service in `traffic` to its containers only.

        What served until now drains: it gets no new request, and its requests in flight go on. `reply` is the
        latest one to `question`.

        Raises ValueError if the proxy cannot do it.
        """
        ...

    def refusal(self, ingress: Ingress, reply: str, traffic: Traffic) -> str:
        """Return why the reply to `switch` does not acknowledge it; empty if requests go there now."""
        ...
