"""Caddy's configuration as its admin interface has it: where it leads to targets of ours, and to what. Pure.

Whatever the file says stays as it is; only the upstreams of a `reverse_proxy` to a target, `web:8000` and
nothing else, are replaced by the containers' names. Names, since a freed address is given to the next
container at once, and a configuration is kept over restarts (`caddy run --resume`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from stagecraft.ingress.caddy_admin import answers
from stagecraft.model.ingress import Ingress

Config = dict[str, Any]
Place = tuple[str | int, ...]
"""Keys and indices that lead from the top of a configuration to a part of it."""

_GONE = "stagecraft:"
"""Begins the `@id` of the route that keeps the upstreams of a target that only end what they have begun."""
_OURS = ("upstreams", "load_balancing")


class State(NamedTuple):
    """What Caddy said."""

    file: Config
    """What its file means."""
    loaded: Config
    """What it runs with."""
    in_flight: Mapping[str, int]
    """Upstream -> requests that have no answer yet."""


def state(reply: str) -> State:
    """Read the answers to `caddy_admin.questions`. Raises ValueError: it did not answer them all."""
    adapted, loaded, upstreams = _bodies(reply)
    in_flight = {each["address"]: each["num_requests"] for each in upstreams or ()}
    return State(adapted["result"], loaded or {}, in_flight)


def _bodies(reply: str) -> tuple[Any, Any, Any]:
    found = answers(reply)
    for answer in found:
        if answer.status != 200:
            raise ValueError(answer.body.strip() or f"its admin interface answers {answer.status}")
    if len(found) != 3:
        raise ValueError("its admin interface did not answer")
    adapted, loaded, upstreams = (json.loads(answer.body) for answer in found)
    return adapted, loaded, upstreams


def targets(ingress: Ingress) -> dict[str, tuple[str, int]]:
    """Return, as Caddy writes them, the targets of the routes: `web:8000` -> service and port."""
    return {f"{route.service}:{route.port}": (route.service, route.port) for route in ingress.routes}


def places(file: Config, ingress: Ingress) -> dict[str, list[Place]]:
    """Return where the file leads requests to each target; a target that it does not lead to is left out."""
    known, found = targets(ingress), dict[str, list[Place]]()
    for place, handler in _handlers(file, ()):
        dials = _dials(handler)
        if len(dials) == 1 and dials[0] in known:
            found.setdefault(dials[0], []).append(place)
    return found


def upstreams(config: Config, place: Place) -> dict[str, int]:
    """Return what requests are led to at a place, each with how often it is written."""
    dials = _dials(_part(config, place))
    return {dial: dials.count(dial) for dial in dials}


def gone(loaded: Config) -> dict[str, list[str]]:
    """Return the upstreams of each target that get no new request."""
    return {
        route["@id"].removeprefix(_GONE): _dials(route["handle"][0])
        for server in _servers(loaded).values()
        for route in server.get("routes", ())
        if _is_gone(route)
    }


def is_current(found: State, ingress: Ingress) -> bool:
    """Return whether what is loaded is what the file means, but for the upstreams of our targets."""
    bare = deepcopy(found.loaded)
    for server in _servers(bare).values():
        if "routes" in server:
            server["routes"] = [route for route in server["routes"] if not _is_gone(route)]
    for place in (place for each in places(found.file, ingress).values() for place in each):
        try:
            handler = _part(bare, place)
        except (KeyError, IndexError, TypeError):
            return False
        for key in _OURS:
            handler.pop(key, None)
        handler.update({key: value for key, value in _part(found.file, place).items() if key in _OURS})
    return bare == found.file


def led(
    file: Config, ingress: Ingress, serving: Mapping[str, Mapping[str, int]], leaving: Mapping[str, list[str]]
) -> Config:
    """Return the file's configuration with other upstreams.

    `serving` has, for a target, each upstream with its weight; `leaving` those that get no new request. They
    stay behind a matcher that never matches: what is not in the configuration has no count.
    """
    config = deepcopy(file)
    for target, found in places(file, ingress).items():
        for place in found if serving.get(target) else ():
            _lead(_part(config, place), serving[target])
    servers = _servers(config)
    routes = servers[min(servers)].setdefault("routes", []) if servers else []
    routes += [_never(target, dials) for target, dials in sorted(leaving.items()) if dials]
    return config


def _lead(handler: Config, serving: Mapping[str, int]) -> None:
    handler["upstreams"] = [{"dial": dial} for dial, times in serving.items() for _ in range(times)]
    if len(set(serving.values())) > 1:
        handler.setdefault("load_balancing", {})["selection_policy"] = {"policy": "round_robin"}


def _never(target: str, dials: Sequence[str]) -> Config:
    proxy = {"handler": "reverse_proxy", "upstreams": [{"dial": dial} for dial in dials]}
    return {"@id": f"{_GONE}{target}", "match": [{"expression": "false"}], "handle": [proxy]}


def _servers(config: Config) -> dict[str, Config]:
    servers: dict[str, Config] = config.get("apps", {}).get("http", {}).get("servers", {})
    return servers


def _is_gone(route: Config) -> bool:
    return str(route.get("@id", "")).startswith(_GONE)


def _handlers(part: Any, place: Place) -> Iterator[tuple[Place, Config]]:
    """Yield every `reverse_proxy` of a configuration and where it is."""
    if isinstance(part, dict):
        if part.get("handler") == "reverse_proxy":
            yield place, part
        for key, value in part.items():
            yield from _handlers(value, (*place, key))
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from _handlers(value, (*place, number))


def _part(config: Config, place: Place) -> Config:
    part: Any = config
    for key in place:
        part = part[key]
    found: Config = part
    return found


def _dials(handler: Config) -> list[str]:
    return [upstream["dial"] for upstream in handler.get("upstreams", ()) if "dial" in upstream]
