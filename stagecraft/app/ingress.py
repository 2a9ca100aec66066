"""The ingress of a project: read, checked, and put into words for a plan (spec/ingress.md)."""

from collections.abc import Mapping, Sequence

from stagecraft.app.opened import Opened
from stagecraft.app.placement import Placed
from stagecraft.compose.canonical import Canonical
from stagecraft.compose.ingress import IngressFile, check, check_place, ingress_of
from stagecraft.compose.text import load
from stagecraft.errors import ConfigError
from stagecraft.ingress.drivers import DRIVERS
from stagecraft.model.change import Change
from stagecraft.model.ingress import Ingress
from stagecraft.model.plan import HostPlan
from stagecraft.model.strategy import Order


def ingress_file(here: Opened, model: Canonical, hosts: Sequence[Placed]) -> IngressFile | None:
    """Return the project's ingress with the proxy's configuration, or None. Raises ConfigError."""
    keys = here.loaded.project.ingress
    if keys is None:
        return None
    driver = DRIVERS[keys.driver]
    ingress = Ingress(
        service=keys.service,
        driver=keys.driver,
        file=keys.file or driver.file,
        routes=tuple(route.route() for route in keys.routes),
    )
    try:
        check(model, ingress)
        for host in hosts:
            check_place(ingress, host.name, host.services)
        return IngressFile(ingress, driver.render(ingress, _include(here, keys.include)))
    except ConfigError as error:
        error.place = _place(here, error.place)
        raise


def notes(hosts: Mapping[str, HostPlan], texts: Mapping[str, str]) -> list[str]:
    """Return what a reader of a plan has to know about the ingress of its hosts, each once."""
    found: dict[str, None] = {}
    for host in hosts.values():
        if ingress := ingress_of(texts[host.text]):
            proxy = load(texts[host.text])["services"][ingress.service]
            said = DRIVERS[ingress.driver].notes(ingress, proxy)
            found |= dict.fromkeys([*said, *_gaps(host, ingress)])
    return list(found)


def _gaps(host: HostPlan, ingress: Ingress) -> list[str]:
    """Return what cannot be reached for a while, because containers are replaced in their place."""
    gaps = []
    routed = sorted({route.service for route in ingress.routes})
    for name in (ingress.service, *routed):
        strategy = host.strategies[name]
        if host.services[name].change is Change.CHANGED and strategy.order is Order.RECREATE:
            behind = f"; nothing behind it can: {', '.join(routed)}" if name == ingress.service else ""
            gaps.append(
                f"`{name}` cannot be reached from the moment its old container is stopped until its new one"
                f" is ready, because {strategy.cause}{behind}"
            )
    return gaps


def _include(here: Opened, path: str | None) -> str:
    if path is None:
        return ""
    try:
        return (here.folder / path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"`{path}` cannot be read: {reason}",
            place="ingress.include",
            hint="it is a text file with your part of the proxy's configuration",
        ) from error


def _place(here: Opened, place: str) -> str:
    """Return the line of a key of ours; other places are of the Compose file."""
    if not place.startswith("ingress"):
        return place
    path = tuple(int(part) if part.isdecimal() else part for part in place.split("."))
    return here.loaded.place(*path)
