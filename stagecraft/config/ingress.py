"""The `ingress:` of `stagecraft.yml`: a proxy service, and where requests go (spec/ingress.md)."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from stagecraft.config.durations import Delay
from stagecraft.config.names import Matches, MisplacedError, RelativePath, ServiceName
from stagecraft.model.frozen import Frozen
from stagecraft.model.ingress import DRAIN, DriverName, Route

_PORTS = 65535
_PATH = r"/[A-Za-z0-9._~%!&()+,;=:@/-]*"


def _a_target(value: str) -> str:
    if not 0 < int(value.rpartition(":")[2]) <= _PORTS:
        raise ValueError(f"must end in a port from 1 to {_PORTS}")
    return value


HostPattern = Annotated[
    str,
    Matches(
        r"(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?",
        "the name of a host such as `shop.example.com`, or `*.example.com` for all below",
    ),
]
PathPattern = Annotated[
    str, Matches(_PATH + r"\*?", "a path such as `/up`, or `/api/*` for everything below it")
]
HealthPath = Annotated[str, Matches(_PATH + r"(?:\?[A-Za-z0-9._~%&=-]*)?", "a path such as `/up`")]
Target = Annotated[
    str,
    Matches(r"[a-zA-Z0-9._-]+:[0-9]{1,5}", "a service and its port, such as `web:8000`"),
    AfterValidator(_a_target),
]


class RouteKeys(Frozen):
    """Requests for a host and a path, and the service they go to."""

    host: HostPattern | None = Field(
        default=None,
        description="Requests for this host; `*.example.com` for every name below. Default: any.",
    )
    path: PathPattern | None = Field(
        default=None, description="Requests for this path; `/api/*` for everything below. Default: any."
    )
    to: Target = Field(description="The service and the port it listens on: `web:8000`.")
    health: HealthPath | None = Field(
        default=None,
        description="Path the proxy asks to know whether a container serves. Default: it only connects.",
    )
    drain: Delay = Field(
        default=DRAIN,
        description="How long requests in flight to an old container are waited for before it is stopped.",
    )

    def route(self) -> Route:
        """Return what the rest of Stagecraft works with."""
        service, _, port = self.to.rpartition(":")
        host = (self.host or "").lower()
        return Route(
            host=host,
            path=self.path or "",
            service=service,
            port=int(port),
            health=self.health or "",
            drain=self.drain,
        )


class IngressKeys(Frozen):
    """The proxy in front of services, and its routes."""

    service: ServiceName = Field(description="The service of the Compose file that is the proxy.")
    driver: DriverName = Field(description="What kind of proxy it is.")
    file: Annotated[str, Matches(r"/[^\s$]+", "an absolute path")] | None = Field(
        default=None,
        description="Where its container reads its configuration. Default: as in the official image.",
    )
    include: RelativePath | None = Field(
        default=None,
        description="A file with your own part of the proxy's configuration: certificates, headers, limits.",
    )
    routes: tuple[RouteKeys, ...] = Field(min_length=1, description="Which requests go to which service.")

    @model_validator(mode="after")
    def _routes_fit(self) -> Self:
        seen: set[tuple[str, str]] = set()
        health: dict[str, str] = {}
        for number, keys in enumerate(self.routes):
            route = keys.route()
            if (route.host, route.path) in seen:
                matched = f"{route.host or 'any host'}{route.path}"
                raise MisplacedError(f"matches the same as an earlier one: `{matched}`", "routes", number)
            seen.add((route.host, route.path))
            if route.service == self.service:
                raise MisplacedError("must not be the proxy itself", "routes", number, "to")
            if route.health and health.setdefault(keys.to, route.health) != route.health:
                words = f"must be that of the other route to `{keys.to}`: `{health[keys.to]}`"
                raise MisplacedError(words, "routes", number, "health")
        return self
