"""Host ports that running containers publish, and whose they are."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

_TEMPLATE = (
    '{"project":{{json (index .Config.Labels "com.docker.compose.project")}},'
    '"service":{{json (index .Config.Labels "com.docker.compose.service")}},'
    '"ports":{{json .NetworkSettings.Ports}}}'
)


class PublishedPort(NamedTuple):
    """A host port that a running container publishes; `project` and `service` are empty outside Compose."""

    address: str
    port: int
    protocol: str
    project: str
    service: str


def inspecting(containers: Iterable[str]) -> tuple[str, ...]:
    """Return the arguments of `docker` that describe containers, one line of JSON each."""
    return ("inspect", "--type=container", f"--format={_TEMPLATE}", *containers)


def parse(lines: str) -> tuple[PublishedPort, ...]:
    """Return the ports that `inspecting` described, sorted."""
    found = (json.loads(line) for line in lines.splitlines() if line)
    return tuple(sorted({port for each in found for port in _ports(each)}))


def _ports(found: dict[str, Any]) -> Iterator[PublishedPort]:
    for target, bindings in (found["ports"] or {}).items():
        protocol = target.rpartition("/")[2]
        for binding in bindings or ():
            yield PublishedPort(
                binding["HostIp"],
                int(binding["HostPort"]),
                protocol,
                found["project"] or "",
                found["service"] or "",
            )
