"""The text of a one-off container: a service without what makes it serve (spec/migrations.md). Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from stagecraft.compose.text import load
from stagecraft.compose.writer import write

_SERVING = frozenset(
    ["container_name", "depends_on", "healthcheck", "labels", "links", "ports", "restart", "scale"]
)
"""What a service has in order to be found, reached, restarted or counted; labels steer proxies."""
_OF_MANY = frozenset(["replicas", "restart_policy", "update_config", "rollback_config", "mode"])
_ADDRESS = frozenset(["ipv4_address", "ipv6_address", "mac_address", "aliases", "link_local_ips"])


def one_off(text: str, service: str) -> str:
    """Return `text` with `service` fit for `docker compose run` beside its own running containers.

    It keeps image, environment, networks, volumes, configs and secrets. It publishes no port, has no fixed
    address, is found by no proxy, is not restarted, and hears signals (`init`) unless it says otherwise.
    """
    model = load(text)
    services = {name: _plain(definition) for name, definition in model["services"].items()}
    kept = {key: value for key, value in services[service].items() if key not in _SERVING}
    if "deploy" in kept:
        kept["deploy"] = {key: value for key, value in kept["deploy"].items() if key not in _OF_MANY}
    if isinstance(kept.get("networks"), dict):
        kept["networks"] = {name: _unaddressed(one) for name, one in kept["networks"].items()}
    services[service] = dict(sorted({"init": True, **kept}.items()))
    return write({**model, "services": services})


def dependencies(text: str, services: Collection[str]) -> tuple[str, ...]:
    """Return every service that these need, directly or through others, sorted; only those of this text."""
    model = load(text)["services"]
    found: set[str] = set()
    waiting = list(services)
    while waiting:
        needs = model.get(waiting.pop(), {}).get("depends_on", {})
        new = {name for name in needs if name in model} - found
        found |= new
        waiting += sorted(new)
    return tuple(sorted(found - set(services)))


def services_of(text: str) -> frozenset[str]:
    """Return the names of the services in a text."""
    return frozenset(load(text)["services"])


def _plain(definition: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in definition.items() if key != "depends_on"}


def _unaddressed(network: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {key: value for key, value in network.items() if key not in _ADDRESS} if network else None
