"""The ingress in the text of a host: the proxy's configuration as its config, the routes as an extension."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from stagecraft.compose import dollars
from stagecraft.compose.canonical import Canonical
from stagecraft.compose.strategy import EXTENSION
from stagecraft.compose.text import load
from stagecraft.errors import ConfigError
from stagecraft.model.ingress import Ingress

CONFIG = "stagecraft-ingress"
"""Name of the config, and of its section below `x-stagecraft`."""
KEY = "ingress"


@dataclass(frozen=True)
class IngressFile:
    """An ingress, and the configuration its proxy is given."""

    ingress: Ingress
    content: str


def check(model: Canonical, ingress: Ingress) -> None:
    """Raise ConfigError for a proxy or a route that has no service, or cannot reach it."""
    known = ", ".join(f"`{name}`" for name in model.services)
    if ingress.service not in model.services:
        raise ConfigError(
            f"the ingress `{ingress.service}` is no service of the Compose file",
            place="ingress.service",
            hint=f"the services are {known}",
        )
    proxy = model.services[ingress.service]
    for number, route in enumerate(ingress.routes):
        if route.service not in model.services:
            raise ConfigError(
                f"`{route.service}` is no service of the Compose file",
                place=f"ingress.routes.{number}.to",
                hint=f"the services are {known}",
            )
        networks = proxy.get("networks", {}).keys() & model.services[route.service].get("networks", {}).keys()
        if not networks:
            raise ConfigError(
                f"the ingress `{ingress.service}` cannot reach `{route.service}`: they share no network",
                place=f"ingress.routes.{number}.to",
                hint="put both into one network of the Compose file",
            )
    if ingress.file in _targets(proxy):
        raise ConfigError(
            f"the ingress `{ingress.service}` has its own `{ingress.file}`, which Stagecraft writes",
            place=f"services.{ingress.service}",
            hint="remove that mount, and name your part of the configuration with `ingress.include`",
        )


def check_place(ingress: Ingress, host: str, services: Collection[str]) -> None:
    """Raise ConfigError if a host runs the proxy without a service it leads to: networks end there."""
    if ingress.service not in services:
        return
    for route in ingress.routes:
        if route.service not in services:
            raise ConfigError(
                f"host `{host}` runs the ingress `{ingress.service}` but not `{route.service}`",
                place="ingress.routes",
                hint=f"put `{route.service}` into a role of that host: the proxy reaches no other host",
            )


def with_file(model: Canonical, file: IngressFile) -> Canonical:
    """Return the model with the proxy's configuration mounted into it."""
    name = file.ingress.service
    proxy = model.services[name]
    mount = {"source": CONFIG, "target": file.ingress.file}
    mounts = sorted([*proxy.get("configs", []), mount], key=lambda one: str(one["source"]))
    return replace(
        model,
        services={**model.services, name: dict(sorted({**proxy, "configs": mounts}.items()))},
        configs={**model.configs, CONFIG: {"content": dollars.escaped(file.content)}},
    )


def extension(ingress: Ingress) -> dict[str, Any]:
    """Return the section of a text that says how its ingress is driven."""
    return {EXTENSION: {KEY: ingress.model_dump(mode="json")}}


def ingress_of(text: str) -> Ingress | None:
    """Return the ingress of a text, or None; the text may be empty."""
    found = load(text).get(EXTENSION, {}).get(KEY) if text else None
    return Ingress.model_validate(found) if found else None


def _targets(service: dict[str, Any]) -> set[str]:
    sections = ("configs", "volumes", "secrets")
    return {str(mount.get("target")) for section in sections for mount in service.get(section, [])}
