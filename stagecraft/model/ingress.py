"""The ingress: which proxy leads which requests to which service, and what a proxy says (spec/ingress.md)."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import gcd

from stagecraft.model.frozen import Frozen

DRAIN = 10.0
"""Seconds the requests in flight to an old container are waited for, unless a route says otherwise."""
WHOLE = 100
"""The weight of a container that takes an equal share."""


class DriverName(StrEnum):
    """A kind of proxy that can be driven."""

    HAPROXY = "haproxy"
    CADDY = "caddy"


class Route(Frozen):
    """Requests for one host and path lead to one port of one service."""

    host: str = ""
    """Lower case; `*.example.com` for every name below; empty: any."""
    path: str = ""
    """`/api/*` for everything below, `/up` for that path alone; empty: any."""
    service: str
    port: int
    health: str = ""
    """The path the proxy asks to know whether a container serves; empty: it tries to connect."""
    drain: float = DRAIN
    """Seconds."""

    def __str__(self) -> str:
        return f"{self.host or '*'}{self.path} -> {self.service}:{self.port}"


class Ingress(Frozen):
    """A proxy service and its routes; part of the text of the host that runs it."""

    service: str
    driver: DriverName
    file: str = ""
    """Where the proxy reads its configuration, in its container; empty: where its usual image does."""
    routes: tuple[Route, ...]

    def ports(self, service: str) -> tuple[int, ...]:
        """Return the ports of a service that routes lead to, sorted; none if it is not routed."""
        return tuple(sorted({route.port for route in self.routes if route.service == service}))

    def drain(self, service: str) -> float:
        """Return how many seconds the requests in flight to a service are waited for."""
        return max((route.drain for route in self.routes if route.service == service), default=DRAIN)


class Duty(StrEnum):
    """What a proxy does with one upstream."""

    SERVES = "serves"
    """It takes new requests."""
    DRAINS = "drains"
    """It takes no new request; those in flight go on."""
    STANDS_BY = "stands by"
    """It takes requests while nothing that was told to does: the proxy found it by its name."""


class Upstream(Frozen):
    """One address that a proxy leads requests to, or did and has not let go of."""

    service: str
    port: int
    address: str
    """Without the port; or a container's name, or its service's, where the proxy knows it by that."""
    duty: Duty
    weight: int = WHOLE
    """Only the ratio to the others means something."""
    in_flight: int = 0
    """Requests that have been sent there and not been answered yet, queued ones included."""


class Proxy(Frozen):
    """What one running container of the ingress says."""

    container: str
    """Its ID."""
    upstreams: tuple[Upstream, ...] = ()
    said: str = ""
    """Its reply as it came: the driver needs it to say what is to change."""
    problem: str = ""
    """Why it did not answer; empty if it did."""
    settling: bool = False
    """It was told a moment ago: requests that it does not count yet may still go to who served before."""

    def of(self, service: str) -> tuple[Upstream, ...]:
        """Return what it says about one service."""
        return tuple(upstream for upstream in self.upstreams if upstream.service == service)


class Routed(Frozen):
    """How the ingress reaches one service."""

    ports: tuple[int, ...]
    drain: float = DRAIN
    """Seconds."""


class Share(Frozen):
    """The part of a service's requests that one container gets."""

    container: str
    """Its name."""
    address: str
    weight: int = WHOLE


Traffic = Mapping[str, Sequence[Share]]
"""Service -> the containers that take its requests, and no others do."""


def reduced(weights: Mapping[str, int]) -> dict[str, int]:
    """Return the same ratios in their smallest whole numbers, without those that get nothing."""
    divisor = gcd(*weights.values()) or 1
    return {name: weight // divisor for name, weight in weights.items() if weight}
