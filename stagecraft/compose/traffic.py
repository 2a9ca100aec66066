"""Decide which containers the ingress leads requests to, and who may not go yet. Pure (spec/ingress.md)."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from stagecraft.compose.beside import batch_is_there, is_sound, sides
from stagecraft.compose.canary import is_on_trial, weights
from stagecraft.compose.soundness import difference, is_ready
from stagecraft.model.action import Action, Add, Check, Fail, Remove, Switch, Up, Wait
from stagecraft.model.ingress import WHOLE, Duty, Proxy, Routed, Share, reduced
from stagecraft.model.observed import Container, Health, Observed, Progress, Wanted, WantedService


def switches(
    wanted: Wanted, observed: Observed, progress: Progress, going: Iterable[Action]
) -> Iterator[Switch]:
    """Yield what the ingress has to be told: it leads to others than those that can serve and stay."""
    leaving = frozenset(action.id for action in going if isinstance(action, Remove))
    for service in wanted.services:
        if service.routed is None:
            continue
        containers = observed.of(service.name)
        tried = _on_trial(service, containers, progress)
        stopped = leaving | {c.id for c in tried} if progress.failed else leaving
        if progress.failed and not stopped & {container.id for container in containers}:
            continue
        chosen = _chosen(service, containers, observed, progress, stopped)
        weighed = _weights(service, chosen, tried)
        if chosen or not service.replicas:
            for proxy in _answering(wanted, observed, service.routed, service.name):
                yield from _switch(service, service.routed, proxy, weighed, observed)


def drains(wanted: Wanted, observed: Observed, progress: Progress, going: Iterable[Action]) -> Iterator[Wait]:
    """Yield a wait for each service of which a container is to go that still has requests in flight."""
    leaving = frozenset(action.id for action in going if isinstance(action, Remove)) - progress.drained
    for service in wanted.services:
        if service.routed is None:
            continue
        proxies = [proxy for proxy in observed.proxies if _counts(proxy, wanted, observed)]
        busy = [
            container
            for container in observed.of(service.name)
            if container.id in leaving and container.state == "running" and _is_busy(container, proxies)
        ]
        if busy:
            yield Wait(
                service=service.name,
                cause=f"requests in flight to {', '.join(container.name for container in busy)} have to end",
                rest=service.routed.drain,
                leaving=tuple(container.id for container in busy),
            )


def silent(wanted: Wanted, observed: Observed, progress: Progress) -> Iterator[Wait | Fail]:
    """Yield a wait for a proxy of this text that does not answer, or a failure if it had all its time."""
    for proxy in observed.proxies:
        if proxy.problem and _is_current(proxy, wanted, observed):
            name = next(c.name for c in observed.containers if c.id == proxy.container)
            if wanted.ingress in progress.overdue:
                yield Fail(
                    service=wanted.ingress, container=name, cause=f"it does not answer: {proxy.problem}"
                )
            else:
                yield Wait(service=wanted.ingress, cause="it has to answer")


def held_back(
    wanted: Wanted,
    observed: Observed,
    actions: Sequence[Action],
    begun: Sequence[Action],
    unanswered: Sequence[Action],
) -> tuple[Action, ...]:
    """Return the actions without what has to wait for the proxy.

    Nothing is added behind a proxy that is about to come or does not answer, and while it does not answer,
    nobody goes that it may lead requests to.
    """
    coming = any(isinstance(one, Add | Up) and one.service == wanted.ingress for one in begun)
    routed = {service.name for service in wanted.services if service.routed}
    running = {c.id for c in observed.containers if c.service in routed and c.state == "running"}
    return tuple(
        one
        for one in actions
        if not (isinstance(one, Add | Check) and one.service in routed and (coming or unanswered))
        and not (isinstance(one, Remove) and one.id in running and unanswered)
    )


def undisturbed(actions: Sequence[Action], draining: Sequence[Wait]) -> tuple[Action, ...]:
    """Return the actions that are about no service of which requests in flight are waited for."""
    busy = {container for wait in draining for container in wait.leaving}
    services = {wait.service for wait in draining}
    return tuple(
        one
        for one in actions
        if not (isinstance(one, Remove) and one.id in busy)
        and not (isinstance(one, Add | Up) and one.service in services)
    )


def _chosen(
    service: WantedService,
    containers: Sequence[Container],
    observed: Observed,
    progress: Progress,
    leaving: Collection[str],
) -> list[Container]:
    """Return who is to serve. New containers join once their whole batch is there, and stay."""
    both = sides(service, containers, progress)
    joined = batch_is_there(service, both, progress) if both else True
    new = both.new if both else ()
    return [
        container
        for container in containers
        if container.id not in leaving
        and (
            is_sound(container, service) and (joined or _serves(container, observed))
            if container in new
            else _can_serve(container, service, progress)
        )
    ]


def _on_trial(
    service: WantedService, containers: Sequence[Container], progress: Progress
) -> tuple[Container, ...]:
    """Return the new containers that have to prove themselves before they take the place of old ones."""
    both = sides(service, containers, progress)
    return both.new if both and is_on_trial(service, *both, progress) else ()


def _weights(
    service: WantedService, chosen: Sequence[Container], tried: Sequence[Container]
) -> list[tuple[Container, int]]:
    """Return who is to serve with the weight of each: an equal one, unless some are on trial."""
    old, new = [c for c in chosen if c not in tried], [c for c in chosen if c in tried]
    if not (service.canary and old and new):
        return [(container, WHOLE) for container in chosen]
    weighed = weights(old, new, service.canary.weight)
    return [(container, weighed[container.id]) for container in chosen]


def _can_serve(container: Container, service: WantedService, progress: Progress) -> bool:
    """Return whether a container can take requests; one of before is judged by its own check only."""
    if container.id in progress.stale or difference(container, service):
        return container.state == "running" and container.health in (Health.NONE, Health.HEALTHY)
    return is_ready(container, service, to_complete=False)


def _switch(
    service: WantedService,
    routed: Routed,
    proxy: Proxy,
    chosen: Sequence[tuple[Container, int]],
    observed: Observed,
) -> Iterator[Switch]:
    to = tuple(_share(container, weight, proxy, observed) for container, weight in chosen)
    wanted = reduced({share.container: share.weight for share in to})
    now = [upstream for upstream in proxy.of(service.name) if upstream.duty is Duty.SERVES]
    names = _names(observed.of(service.name))
    led = [
        {names.get(each.address, each.address): each.weight for each in now if each.port == port}
        for port in routed.ports
    ]
    if any(reduced(each) != wanted for each in led):
        went = sorted({name for each in led for name in each})
        cause = f"requests went to {', '.join(went)}" if went else "the ingress knows only its name"
        yield Switch(service=service.name, proxy=proxy.container, to=to, cause=cause)


def _names(containers: Iterable[Container]) -> dict[str, str]:
    """Return the names of containers by their addresses."""
    return {address: container.name for container in containers for address in container.addresses.values()}


def _share(container: Container, weight: int, proxy: Proxy, observed: Observed) -> Share:
    """Return the share of a container, by its address in a network that the proxy is in."""
    networks = next((c.addresses for c in observed.containers if c.id == proxy.container), {})
    common = sorted(container.addresses.keys() & networks) or sorted(container.addresses)
    address = container.addresses[common[0]] if common else ""
    return Share(container=container.name, address=address, weight=weight)


def _answering(wanted: Wanted, observed: Observed, routed: Routed, service: str) -> Iterator[Proxy]:
    """Yield the proxies that can be told: those of this text, and older ones that know the same targets."""
    for proxy in observed.proxies:
        known = {upstream.port for upstream in proxy.of(service)}
        if not proxy.problem and (_is_current(proxy, wanted, observed) or known.issuperset(routed.ports)):
            yield proxy


def _counts(proxy: Proxy, wanted: Wanted, observed: Observed) -> bool:
    """Return whether what is in flight matters: an older proxy that says nothing is about to go."""
    return not proxy.problem or _is_current(proxy, wanted, observed)


def _is_current(proxy: Proxy, wanted: Wanted, observed: Observed) -> bool:
    """Return whether the proxy's container is one of this text."""
    service = next((service for service in wanted.services if service.name == wanted.ingress), None)
    container = next((c for c in observed.containers if c.id == proxy.container), None)
    return service is not None and container is not None and not difference(container, service)


def _serves(container: Container, observed: Observed) -> bool:
    """Return whether a proxy leads requests to the container now."""
    known = {*container.addresses.values(), container.name}
    return any(
        upstream.address in known and upstream.duty is Duty.SERVES
        for proxy in observed.proxies
        for upstream in proxy.of(container.service)
    )


def _is_busy(container: Container, proxies: Iterable[Proxy]) -> bool:
    """Return whether requests are in flight to the container, or to any one of its service, or may be."""
    known = {*container.addresses.values(), container.name, container.service}
    return any(
        bool(proxy.problem)
        or proxy.settling
        or any(upstream.in_flight and upstream.address in known for upstream in proxy.of(container.service))
        for proxy in proxies
    )
