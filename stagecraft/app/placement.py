"""Which host runs which services, and in which wave it is worked on. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from stagecraft.config.project import Environment, Project
from stagecraft.errors import ConfigError
from stagecraft.model.step import LOCAL
from stagecraft.phases.waves import PlacedHost, role_order, waves


@dataclass(frozen=True)
class Placed:
    """One host of the environment."""

    name: str
    services: tuple[str, ...]
    wave: int = 0
    remote: bool = False
    """Whether it is reached by SSH; else it is this machine's own engine."""


def place(project: Project, environment: Environment, services: Mapping[str, Any]) -> tuple[Placed, ...]:
    """Return every host in the order it is worked on, with its services.

    Without `hosts` that is this machine's engine with every service.

    Raises ConfigError: a service that runs nowhere, or roles that wait for each other.
    """
    if not environment.hosts:
        return (Placed(LOCAL, tuple(sorted(services))),)
    roles = {name: role.services for name, role in project.roles.items()}
    used = {role for host in environment.hosts.values() for role in host.roles}
    _check_everywhere(environment.name, roles, used, services)
    needs = {name: tuple(service.get("depends_on", {})) for name, service in services.items()}
    order = role_order({role: roles[role] for role in sorted(used)}, needs, environment.order)
    hosts = [PlacedHost(name, host.roles) for name, host in sorted(environment.hosts.items())]
    return tuple(
        Placed(host.name, _services(host, roles, services), wave, remote=True)
        for wave, together in enumerate(waves(hosts, order, environment.rollout.parallel))
        for host in together
    )


def _services(
    host: PlacedHost, roles: Mapping[str, Collection[str]], services: Collection[str]
) -> tuple[str, ...]:
    if not roles:
        return tuple(sorted(services))
    return tuple(sorted({service for role in host.roles for service in roles[role] if service in services}))


def _check_everywhere(
    environment: str, roles: Mapping[str, Collection[str]], used: Collection[str], services: Collection[str]
) -> None:
    if not roles:
        return
    placed = {service for role in used for service in roles[role]}
    if homeless := sorted(set(services) - placed):
        named = ", ".join(f"`{service}`" for service in homeless)
        raise ConfigError(
            f"no host of `{environment}` runs {named}",
            hint="give a host a role with it, or put it behind a Compose profile",
        )
