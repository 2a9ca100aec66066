"""rollout: one goal a host, this host runs this text."""

from collections.abc import Iterator

from stagecraft.model.step import Pull, Rollout
from stagecraft.phases.given import Given

PULL_CAUSE = "before the first container anywhere is touched"


def skipped(_given: Given) -> str:
    """Return an empty string: what runs is observed, so the rollout always looks."""
    return ""


def steps(given: Given) -> Iterator[Pull | Rollout]:
    """Yield a pull for every remote host whose text changes, then one goal per host.

    A new version is on trial in the first wave that has an ingress; the others follow once it was found good.
    """
    for host in given.hosts:
        if host.remote and host.changed:
            yield Pull(host=host.name, cause=PULL_CAUSE)
    trial = min((host.wave for host in given.hosts if host.has_ingress), default=0)
    cause = f"{given.base_version or 'nothing'} -> {given.version}"
    for host in given.hosts:
        yield Rollout(
            host=host.name,
            wave=host.wave + 1 if host.remote else host.wave,
            cause=cause,
            compose_project=given.compose_project,
            text=host.text,
            recreate=given.recreate,
            health_timeout=given.health_timeout,
            canary=given.canary if host.has_ingress and host.wave == trial else None,
        )
