"""Which hosts go together, and in which order: roles first to last, then as many at once as allowed."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stagecraft.errors import ConfigError


@dataclass(frozen=True)
class PlacedHost:
    """One host and the roles it has; empty if no roles are defined."""

    name: str
    roles: tuple[str, ...] = ()


def role_order(
    roles: Mapping[str, Sequence[str]], needs: Mapping[str, Iterable[str]], order: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the roles, first to last: `order` if it is given, else from `depends_on` between services.

    `roles` maps a role to its services, `needs` a service to those it depends on. A service that a role has
    itself is no reason to wait for another role. Roles that nothing orders go by name.

    Raises ConfigError: `order` does not name every role once, or the roles wait for each other.
    """
    if order:
        if sorted(order) != sorted(roles):
            raise ConfigError(
                f"`order` has to name every role once: {_quoted(sorted(roles))}",
                hint="add what is missing, remove what is not a role",
            )
        return tuple(order)
    after = {role: _before(role, roles, needs) for role in roles}
    ordered: list[str] = []
    while remaining := sorted(set(roles) - set(ordered)):
        ready = [role for role in remaining if after[role] <= set(ordered)]
        if not ready:
            cycle = _cycle({role: after[role] & set(remaining) for role in remaining}, remaining[0])
            raise ConfigError(
                f"roles wait for each other: {' -> '.join(cycle)}",
                hint="say which comes first with `order: [...]` in the environment",
            )
        ordered.append(ready[0])
    return tuple(ordered)


def waves(
    hosts: Sequence[PlacedHost], order: Sequence[str], parallel: str
) -> Iterator[tuple[PlacedHost, ...]]:
    """Yield the hosts of each wave. A host of several roles goes with the first of them.

    `parallel` is a number, a percentage of the role's hosts (rounded up), or `all`.
    """
    if not order:
        yield from _chunks(hosts, parallel)
        return
    placed: set[str] = set()
    for role in order:
        mine = [host for host in hosts if role in host.roles and host.name not in placed]
        placed |= {host.name for host in mine}
        yield from _chunks(mine, parallel)


def _chunks(hosts: Sequence[PlacedHost], parallel: str) -> Iterator[tuple[PlacedHost, ...]]:
    size = _size(len(hosts), parallel)
    for start in range(0, len(hosts), size):
        yield tuple(hosts[start : start + size])


def _size(count: int, parallel: str) -> int:
    if parallel == "all":
        return max(1, count)
    if parallel.endswith("%"):
        return max(1, math.ceil(count * int(parallel[:-1]) / 100))
    return max(1, int(parallel))


def _before(role: str, roles: Mapping[str, Sequence[str]], needs: Mapping[str, Iterable[str]]) -> set[str]:
    mine = set(roles[role])
    wanted = {need for service in mine for need in needs.get(service, ())} - mine
    return {other for other, services in roles.items() if other != role and wanted & set(services)}


def _cycle(after: Mapping[str, set[str]], start: str) -> list[str]:
    """Return roles that wait for each other, the first one again at the end; every role waits for one."""
    path = [start]
    while True:
        following = min(after[path[-1]])
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
