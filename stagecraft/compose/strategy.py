"""Decide how each service of a text is replaced, and why so. Pure (spec/rollout.md, "Strategy")."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stagecraft.compose.public import ports
from stagecraft.compose.text import load
from stagecraft.errors import ConfigError
from stagecraft.model.observed import Condition
from stagecraft.model.strategy import STABLE_AFTER, FailureAction, Order, Strategy

EXTENSION = "x-stagecraft"
"""Where a service of the Compose file says what the Compose specification has no word for."""

UPDATE_KEYS = frozenset({"update_config", "rollback_config"})
"""Keys of `deploy` that say how containers are replaced and nothing about a container."""

_ORDERS = {"start-first": Order.START_FIRST, "stop-first": Order.RECREATE}
_UNIT = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_FIXED_ADDRESS = ("ipv4_address", "ipv6_address", "mac_address", "link_local_ips")


def check(name: str, service: Mapping[str, Any]) -> None:
    """Raise ConfigError for an `x-stagecraft`, or a `failure_action`, that means nothing here."""
    said = service.get(EXTENSION, {})
    place = f"services.{name}.{EXTENSION}"
    if not isinstance(said, dict) or said.keys() - {"rollout"}:
        raise ConfigError(
            f"`{EXTENSION}` has a key that means nothing here", place=place, hint="it can only say `rollout`"
        )
    if said.get("rollout", Order.RECREATE) not in tuple(Order):
        raise ConfigError(
            f"`rollout: {said['rollout']}` is no way to replace a service",
            place=place,
            hint="say `start-first` or `recreate`",
        )
    action = _update(service).get("failure_action", FailureAction.ROLLBACK)
    if action not in tuple(FailureAction):
        raise ConfigError(
            f"`failure_action: {action}` means nothing",
            place=f"services.{name}.deploy.update_config",
            hint="say `rollback`, `pause` or `continue`",
        )


def strategies(text: str) -> dict[str, Strategy]:
    """Return the strategy of every service of a text."""
    services = load(text)["services"]
    published = {port.service: port.port for port in reversed(ports(text))}
    jobs = {
        other
        for service in services.values()
        for other, need in service.get("depends_on", {}).items()
        if need["condition"] == Condition.COMPLETED
    }
    return {
        name: _strategy(
            service,
            [*_obstacles(service, published.get(name))],
            [*(["it is a job that another service waits for"] if name in jobs else []), *_doubts(service)],
        )
        for name, service in services.items()
    }


def reached_inside(text: str) -> list[str]:
    """Return the services that are replaced start-first and that others of the text may call, sorted."""
    services = load(text)["services"]
    called = {other for service in services.values() for other in service.get("depends_on", {})}
    called |= {name for name, service in services.items() if service.get("expose") or service.get("ports")}
    chosen = strategies(text)
    return sorted(name for name in called & services.keys() if chosen[name].order is Order.START_FIRST)


def replicas(service: Mapping[str, Any]) -> int:
    """Return how many containers a service of a text is to have."""
    return int(service.get("scale", service.get("deploy", {}).get("replicas", 1)))


def _strategy(service: Mapping[str, Any], obstacles: list[str], doubts: list[str]) -> Strategy:
    """Return what is asked for if it can be done, else what is right if nobody says anything."""
    asked, where = _asked(service)
    update = _update(service)
    if obstacles:
        ignored = f", whatever `{where}` says" if asked is Order.START_FIRST else ""
        order, cause = Order.RECREATE, obstacles[0] + ignored
    elif asked:
        order, cause = asked, f"`{where}` says so"
    elif doubts:
        order, cause = Order.RECREATE, doubts[0]
    else:
        order, cause = Order.START_FIRST, "nothing forbids it"
    return Strategy(
        order=order,
        cause=cause,
        asked=asked is order,
        parallelism=int(update.get("parallelism", 1)),
        delay=seconds(update.get("delay", "0s")),
        monitor=seconds(update["monitor"]) if "monitor" in update else STABLE_AFTER,
        failure_action=FailureAction(update.get("failure_action", FailureAction.ROLLBACK)),
    )


def _asked(service: Mapping[str, Any]) -> tuple[Order | None, str]:
    """Return what the Compose file asks for, and where it does."""
    if rollout := service.get(EXTENSION, {}).get("rollout"):
        return Order(rollout), f"{EXTENSION}.rollout"
    if order := _update(service).get("order"):
        return _ORDERS[order], "deploy.update_config.order"
    return None, ""


def _update(service: Mapping[str, Any]) -> Mapping[str, Any]:
    update: Mapping[str, Any] = service.get("deploy", {}).get("update_config") or {}
    return update


def _obstacles(service: Mapping[str, Any], port: int | None) -> Iterator[str]:
    """Yield why two containers of the service cannot run side by side."""
    if port is not None:
        yield f"it publishes the host port {port}"
    for span in _spans(service):
        if span.stop - span.start <= replicas(service):
            yield f"it publishes the host ports {span.start}-{span.stop - 1}, of which none is to spare"
    if service.get("container_name"):
        yield f"it has the container name `{service['container_name']}`"
    mode = str(service.get("network_mode", ""))
    if mode == "host":
        yield "it uses the network of the host"
    elif mode.startswith(("service:", "container:")):
        yield f"it uses the network of another container (`{mode}`)"
    for network, options in service.get("networks", {}).items():
        if options and any(options.get(key) for key in _FIXED_ADDRESS):
            yield f"it has a fixed address in the network `{network}`"


def _spans(service: Mapping[str, Any]) -> Iterator[range]:
    for port in service.get("ports", []):
        first, dash, last = str(port.get("published", "")).partition("-")
        if dash:
            yield range(int(first), int(last) + 1)


def _doubts(service: Mapping[str, Any]) -> Iterator[str]:
    """Yield why two containers side by side may do harm, unless the user knows better."""
    for mount in service.get("volumes", []):
        kind, source = mount.get("type"), mount.get("source", "")
        if kind not in ("volume", "bind") or mount.get("read_only") or source.endswith(".sock"):
            continue
        if not source:
            yield f"it keeps data in an anonymous volume, `{mount['target']}`"
        elif replicas(service) == 1:
            what = "volume" if kind == "volume" else "folder"
            yield f"it is one container that may write to the {what} `{source}`"


def seconds(written: str) -> float:
    """Return a duration as Go prints it, in seconds: `1m30s`, `1.5s`, `0s` (time.Duration.String)."""
    return sum(
        float(amount) * _UNIT[unit] for amount, unit in re.findall(r"([0-9.]+)(h|ms|us|µs|ns|m|s)", written)
    )
