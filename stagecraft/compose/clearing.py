"""Decide what has to go, or to get its name, before anything is brought up. Pure (spec/rollout.md)."""

import re
from collections.abc import Iterator, Sequence

from stagecraft.compose.beside import making_room, sides
from stagecraft.compose.soundness import flaw_of, is_ready
from stagecraft.model.action import Remove, Rename, Verb
from stagecraft.model.observed import Container, Observed, Progress, Wanted, WantedService

_LEFTOVER = re.compile(r"[0-9a-f]{12}_(?P<name>.+)")


def clearing(wanted: Wanted, observed: Observed, progress: Progress) -> Iterator[Rename | Remove]:
    """Yield what frees names and ports: strangers, leftovers of a killed update, surplus containers."""
    services = {service.name: service for service in wanted.services}
    for container in observed.containers:
        if container.service not in services:
            yield remove(container, f"service `{container.service}` is no longer in the text")
    taken = {container.name for container in observed.containers}
    for service in wanted.services:
        remaining = []
        for container in observed.of(service.name):
            action = _leftover(container, taken)
            if action:
                yield action
            if not isinstance(action, Remove):
                remaining.append(container)
        both = sides(service, remaining, progress)
        yield from making_room(service, both, progress) if both else _surplus(service, remaining)


def _leftover(container: Container, taken: set[str]) -> Rename | Remove | None:
    """Return what to do about a container that an interrupted update left; `taken` grows by a name given."""
    if container.state in ("dead", "removing"):
        return remove(container, "its removal did not come to an end")
    rightful = _rightful_name(container)
    if not rightful:
        return None
    if rightful in taken:
        return remove(container, "it is left over from an interrupted update")
    taken.add(rightful)
    cause = "an interrupted update did not get to it"
    return Rename(id=container.id, name=container.name, to=rightful, cause=cause)


def _surplus(service: WantedService, containers: Sequence[Container]) -> Iterator[Remove]:
    """Yield the containers beyond `replicas`, the least useful ones."""

    def usefulness(container: Container) -> tuple[bool, bool, bool, int]:
        flaw = flaw_of(container, service)
        current = flaw is None or flaw.verb is not Verb.REPLACE
        return current, flaw is None, is_ready(container, service, to_complete=False), -container.number

    count = len(containers)
    cause = f"{count} where {service.replicas} should be"
    for container in sorted(containers, key=usefulness)[: max(0, count - service.replicas)]:
        yield remove(container, cause)


def _rightful_name(container: Container) -> str:
    """Return the name Compose would have given the container in the end, or nothing if it has its own.

    Compose makes the new container as `<first 12 digits of the old one's ID>_<name>`, removes the old one,
    and renames (docker/compose, `pkg/compose/convergence.go`, `recreateContainer`).
    """
    match = _LEFTOVER.fullmatch(container.name)
    return match["name"] if match and container.replaces else ""


def remove(container: Container, cause: str) -> Remove:
    """Return the action that removes one container."""
    return Remove(id=container.id, name=container.name, cause=cause)
