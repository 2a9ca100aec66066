"""A Compose project without Docker behind a proxy that never lacks requests."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from stagecraft.model.ingress import WHOLE, Duty, Proxy, Share, Traffic, Upstream
from stagecraft.model.observed import Container, Health, Observed
from tests.engine.simulated_site import SimulatedSite

PORT = 8000


@dataclass
class ProxiedSite(SimulatedSite):
    """Behaves as a proxy does, as far as `spec/ingress.md` relies on it."""

    takes: float = 0.05
    """Seconds a request takes."""
    led: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    """Proxy container -> service -> address -> weight; a new proxy has been told nothing."""
    left: dict[str, float] = field(default_factory=dict)
    """Address -> when it got its last request."""
    forgets: bool = False
    """Whether the proxy does nothing of what it acknowledges."""
    cut: list[str] = field(default_factory=list)
    """Containers that were removed with requests in flight."""
    misled: list[str] = field(default_factory=list)
    """Containers that were led to and could not serve."""

    def observe(self) -> Observed:
        seen = super().observe()
        containers = tuple(_addressed(container) for container in seen.containers)
        seen = Observed(containers=containers)
        proxies = [c for c in seen.of(self.wanted.ingress) if c.state == "running"]
        return Observed(
            containers=containers,
            proxies=tuple(Proxy(container=c.id, upstreams=self._upstreams(c.id, seen)) for c in proxies),
        )

    def switch(self, proxy: Proxy, traffic: Traffic) -> None:
        for service, shares in traffic.items():
            self.calls.append(f"switch {service} to {' '.join(map(_written, shares))}")
            if not self.forgets:
                self._lead(proxy.container, service, {share.address: share.weight for share in shares})
        self._die()

    def remove(self, containers: Sequence[str]) -> None:
        busy = {
            upstream.address
            for proxy in self.observe().proxies
            for upstream in proxy.upstreams
            if upstream.in_flight
        }
        for container in self.observe().containers:
            if container.id in containers and busy & set(container.addresses.values()):
                self.cut.append(container.name)
        super().remove(containers)

    def _lead(self, proxy: str, service: str, wanted: dict[str, int]) -> None:
        told = self.led.setdefault(proxy, {})
        for address in told.get(service, self._by_name(service)):
            if address not in wanted:
                self.left[address] = self.clock.seconds
        told[service] = wanted
        for container in self.observe().of(service):
            able = container.state == "running" and container.health in (Health.NONE, Health.HEALTHY)
            if wanted.keys() & container.addresses.values() and not able:
                self.misled.append(container.name)

    def _by_name(self, service: str) -> list[str]:
        running = [each.container for each in self.made.values() if each.container.state == "running"]
        return [_address(container) for container in running if container.service == service]

    def _upstreams(self, proxy: str, seen: Observed) -> tuple[Upstream, ...]:
        return tuple(
            upstream
            for service in self.wanted.services
            if service.routed
            for upstream in self._of(self.led.get(proxy, {}).get(service.name), seen, service.name)
        )

    def _of(self, told: dict[str, int] | None, seen: Observed, service: str) -> list[Upstream]:
        """What the proxy has for one service: led to, left and not done, found by its name."""
        found = []
        for address in {*(told or {}), *self.left, *self._by_name(service)}:
            duty = Duty.STANDS_BY if not told else Duty.SERVES if address in told else Duty.DRAINS
            busy = duty is not Duty.DRAINS or self.clock.seconds < self.left.get(address, -1) + self.takes
            weight = (told or {}).get(address, 100)
            found.append(
                Upstream(
                    service=service, port=PORT, address=address, duty=duty, weight=weight, in_flight=int(busy)
                )
            )
        return found


def _address(container: Container) -> str:
    return f"at-{container.id}"


def _addressed(container: Container) -> Container:
    addresses = {"default": _address(container)} if container.state == "running" else {}
    return container.model_copy(update={"addresses": addresses})


def _written(share: Share) -> str:
    return share.container if share.weight == WHOLE else f"{share.container}={share.weight}"
