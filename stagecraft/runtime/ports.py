"""Host ports that running containers publish, and whose they are.

Asked of the list, because `docker inspect` waits for a container that something else is busy with.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

_TEMPLATE = (
    '{"project":{{json (.Label "com.docker.compose.project")}},'
    '"service":{{json (.Label "com.docker.compose.service")}},'
    '"ports":{{json .Ports}}}'
)
LISTING = ("ps", "--no-trunc", f"--format={_TEMPLATE}")
"""The arguments of `docker` that describe every running container, one line of JSON each."""

PATH = "/containers/json"
"""Where the engine's API describes the same."""

_PUBLISHED = re.compile(
    r"(?P<address>\S+):(?P<first>[0-9]+)(?:-(?P<last>[0-9]+))?->\S+/(?P<protocol>[a-z]+)", re.ASCII
)
"""`127.0.0.1:80->8080/tcp`, `[::]:90-92->90-92/udp` (docker/cli, `DisplayablePorts`); others have no `->`."""


class PublishedPort(NamedTuple):
    """A host port that a running container publishes; `project` and `service` are empty outside Compose."""

    address: str
    port: int
    protocol: str
    project: str
    service: str


def parse(lines: str) -> tuple[PublishedPort, ...]:
    """Return the ports that `LISTING` described, sorted."""
    found = (json.loads(line) for line in lines.splitlines() if line)
    return tuple(sorted({port for each in found for port in _ports(each)}))


def published(containers: Iterable[Mapping[str, Any]]) -> tuple[PublishedPort, ...]:
    """Return the ports of the containers that the engine described at PATH, sorted."""
    return tuple(
        sorted(
            {
                PublishedPort(
                    port.get("IP", ""), port["PublicPort"], port["Type"], *_owner(one.get("Labels") or {})
                )
                for one in containers
                for port in one.get("Ports") or ()
                if port.get("PublicPort")
            }
        )
    )


def _owner(labels: Mapping[str, str]) -> tuple[str, str]:
    return labels.get("com.docker.compose.project", ""), labels.get("com.docker.compose.service", "")


def _ports(found: dict[str, str]) -> Iterator[PublishedPort]:
    for published in _PUBLISHED.finditer(found["ports"]):
        first, last = int(published["first"]), int(published["last"] or published["first"])
        for port in range(first, last + 1):
            address = published["address"].strip("[]")
            yield PublishedPort(address, port, published["protocol"], found["project"], found["service"])
