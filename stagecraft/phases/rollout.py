"""rollout: one goal a host, this host runs this text."""

from collections.abc import Iterator

from stagecraft.model.step import Rollout
from stagecraft.phases.given import Given


def skipped(_given: Given) -> str:
    """Return an empty string: what runs is observed, so the rollout always looks."""
    return ""


def steps(given: Given) -> Iterator[Rollout]:
    """Yield one goal per host."""
    cause = f"{given.base_version or 'nothing'} -> {given.version}"
    for host in given.hosts:
        yield Rollout(
            host=host.name,
            cause=cause,
            compose_project=given.compose_project,
            text=host.text,
            recreate=given.recreate,
            health_timeout=given.health_timeout,
        )
