"""How an environment stands, for people and for programs."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from stagecraft.cli.render.table import table
from stagecraft.cli.render.times import seconds
from stagecraft.model.observed import Container, Health
from stagecraft.model.standing import HostStanding, ServiceStanding, Standing

_HEAD = ("host", "service", "release", "image", "containers", "up")


def status_text(standing: Standing) -> str:
    """Return one line a host and service, then every drift, then what else is to be known."""
    rows = [row for host in standing.hosts for row in _rows(host, standing.release)]
    lines = [_title(standing), *(["", *table([_HEAD, *rows], indent="  ")] if rows else [])]
    if standing.drifted:
        lines += ["", "drift"]
        lines += [
            f"  {host.host} {service.service}: {what}"
            for host in standing.hosts
            for service in host.services
            for what in service.drift
        ]
    notes = [note for host in standing.hosts for note in (*host.notes, *_unseen(host))]
    notes += standing.notes
    return "\n".join([*lines, *([""] if notes else []), *notes])


def status_json(standing: Standing) -> dict[str, Any]:
    """Return the document of spec/json.md."""
    return {
        "environment": standing.environment,
        "release": standing.release,
        "version": standing.version,
        "drift": standing.drifted,
        "notes": list(standing.notes),
        "hosts": {host.host: _host_json(host, standing.release) for host in standing.hosts},
    }


def _title(standing: Standing) -> str:
    if standing.release is None:
        return f"{standing.environment}: no release is current"
    fate = "drift" if standing.drifted else "no drift"
    return f"{standing.environment}: {standing.release} ({standing.version}), {fate}"


def _rows(host: HostStanding, release: str | None) -> Iterator[tuple[str, ...]]:
    for service in host.services:
        up = [container.up_for for container in service.containers if container.state == "running"]
        yield (
            host.host,
            service.service,
            _release(service, release) or "another",
            _short(service),
            _states(service),
            seconds(min(up)) if up else "",
        )


def _release(service: ServiceStanding, release: str | None) -> str | None:
    return release if service.recorded and service.containers else None


def _short(service: ServiceStanding) -> str:
    image = service.containers[0].image if service.containers else service.image
    digest = _digest(image)
    return digest.removeprefix("sha256:")[:12] if digest else image


def _digest(image: str) -> str | None:
    return image[image.index("sha256:") :] if "sha256:" in image else None


def _states(service: ServiceStanding) -> str:
    if not service.containers:
        return "none"
    words = Counter(_state(container) for container in service.containers)
    return ", ".join(f"{count} {word}" for word, count in sorted(words.items()))


def _state(container: Container) -> str:
    if container.state == "running" and container.health is not Health.NONE:
        return container.health.value
    return container.state


def _unseen(host: HostStanding) -> list[str]:
    return [f"`{host.host}` could not be looked at: {host.problem}"] if host.problem else []


def _host_json(host: HostStanding, release: str | None) -> dict[str, Any]:
    return {
        "problem": host.problem or None,
        "notes": list(host.notes),
        "services": {
            service.service: {
                "release": _release(service, release),
                "image": service.image or None,
                "digest": _digest(service.image),
                "wanted": service.wanted,
                "containers": [_container_json(container) for container in service.containers],
                "drift": list(service.drift),
            }
            for service in host.services
        },
    }


def _container_json(container: Container) -> dict[str, Any]:
    return {
        "id": container.id,
        "name": container.name,
        "state": container.state,
        "health": container.health.value,
        "uptime": round(container.up_for),
        "image": container.image,
    }
