"""What becomes of the services, hosts with the same answer taken together: for tables of any size."""

from collections.abc import Mapping
from typing import NamedTuple

from stagecraft.model.change import Change, ServiceChange
from stagecraft.model.plan import Plan

_NAMED = 3
"""Hosts of a group that are named when there are more."""

WORDS = {Change.CHANGED: "rolled out"}
"""What a person would say, where it is another word."""


class Group(NamedTuple):
    """Hosts on which the same becomes of the same services."""

    hosts: tuple[str, ...]
    services: Mapping[str, ServiceChange]

    @property
    def title(self) -> str:
        """Return the hosts in few words."""
        return named(self.hosts)


class Fate(NamedTuple):
    """One answer about one service, and where it holds."""

    service: str
    change: ServiceChange
    hosts: tuple[str, ...]


def groups(plan: Plan) -> list[Group]:
    """Return the hosts in groups, in the order of their first hosts."""
    found: list[Group] = []
    for name, host in sorted(plan.hosts.items()):
        same = next((group for group in found if group.services == host.services), None)
        if same is None:
            found.append(Group((name,), host.services))
        else:
            found[found.index(same)] = same._replace(hosts=(*same.hosts, name))
    return found


def fates(plan: Plan) -> list[Fate]:
    """Return every different answer about every service, by service."""
    found: dict[tuple[str, ServiceChange], tuple[str, ...]] = {}
    for name, host in sorted(plan.hosts.items()):
        for service, change in host.services.items():
            key = (service, change)
            found[key] = (*found.get(key, ()), name)
    return [Fate(service, change, hosts) for (service, change), hosts in sorted(found.items(), key=_first)]


def word(change: Change) -> str:
    """Return the one word of a table's cell."""
    return WORDS.get(change, change.value)


def named(hosts: tuple[str, ...]) -> str:
    """Return the names of hosts, or of the first ones and how many there are."""
    if len(hosts) <= _NAMED:
        return ", ".join(hosts)
    return f"{hosts[0]}, {hosts[1]} and {len(hosts) - 2} more"


def _first(found: tuple[tuple[str, ServiceChange], tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    (service, _), hosts = found
    return service, hosts
