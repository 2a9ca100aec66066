"""Which Compose projects run on an engine, whoever started them."""

import time
from dataclasses import dataclass

from stagecraft.errors import StagecraftError
from stagecraft.runtime.docker import Docker

_LABEL = '{{.Label "com.docker.compose.%s"}}'
_FORMAT = "\t".join(_LABEL % name for name in ("project", "project.working_dir", "service"))
_PATIENCE = 2.0
"""Seconds: whoever waits longer has no engine at hand."""


@dataclass(frozen=True)
class RunningProject:
    """One Compose project with its running services."""

    name: str
    folder: str
    services: frozenset[str]


def running_projects(docker: Docker) -> tuple[RunningProject, ...]:
    """Return the projects, sorted by name; none if no engine answers at once."""
    arguments = ("ps", "--filter=label=com.docker.compose.project", f"--format={_FORMAT}")
    try:
        finished = docker.run(arguments, deadline=time.monotonic() + _PATIENCE)
    except StagecraftError:
        return ()
    return parse(finished.stdout) if finished.code == 0 else ()


def parse(listed: str) -> tuple[RunningProject, ...]:
    """Return the projects in a listing: project, folder and service of one container a line."""
    found: dict[tuple[str, str], set[str]] = {}
    for line in listed.splitlines():
        name, folder, service = [*line.split("\t"), "", ""][:3]
        found.setdefault((name, folder), set()).add(service)
    return tuple(RunningProject(*key, frozenset(services)) for key, services in sorted(found.items()))
