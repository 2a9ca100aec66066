"""Which values a text keeps to itself, and what it asks of the machine."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from stagecraft.compose.text import load

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound
SHORTEST = 6
"""Values of an `env_file` shorter than this are not masked: masking every `true` would say nothing."""


class Port(NamedTuple):
    """A fixed host port that a service publishes."""

    service: str
    address: str
    """Empty: every address."""
    port: int
    protocol: str


def ports(text: str) -> tuple[Port, ...]:
    """Return every fixed host port that the services of a text publish, sorted."""
    return tuple(sorted(_ports(load(text)["services"])))


def images(text: str) -> dict[str, str]:
    """Return the image of every service."""
    return {name: str(service["image"]) for name, service in load(text)["services"].items()}


def platforms(text: str) -> dict[str, str]:
    """Return the platform of every service that names one."""
    services = load(text)["services"].items()
    return {name: str(service["platform"]) for name, service in services if service.get("platform")}


def hidden(text: str, resolved: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that only `env_file`s supply, by name, if they are worth masking.

    `resolved` is what Compose makes of `text` with today's values. What the text shows is no secret.
    """
    written = load(text)["services"]
    found: dict[str, str] = {}
    for service, model in sorted(resolved.get("services", {}).items()):
        shown = written.get(service, {}).get("environment", {})
        for name, value in sorted((model.get("environment") or {}).items()):
            plain = str(value).replace("$$", "$") if value is not None else ""
            if name not in shown and len(plain) >= SHORTEST and plain not in text:
                found[name] = plain
    return found


def _ports(services: Mapping[str, Any]) -> Iterator[Port]:
    for name, service in services.items():
        for port in service.get("ports", []):
            published = str(port.get("published", ""))
            if published.isdecimal() and published != "0":
                address = port.get("host_ip", "")
                yield Port(name, "" if address in _EVERYWHERE else address, int(published), port["protocol"])
