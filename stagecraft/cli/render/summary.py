"""How a run ended, in a few lines: what runs now, what changed, how to go back."""

from collections.abc import Iterator

from stagecraft.cli.render.clean import one_line
from stagecraft.model.phase import HostStatus, Kind, PhaseStatus, ReleaseStatus
from stagecraft.model.release import Release

_BAD = (PhaseStatus.FAILED, PhaseStatus.INTERRUPTED)


def headline(release: Release) -> str:
    """Return the one line `--quiet` keeps."""
    if release.status is ReleaseStatus.COMPLETED:
        if release.kind not in (Kind.DEPLOY, Kind.ROLLBACK):
            return f"{release.id} {release.status}: {release.kind} in {release.environment}"
        back = f", back to {release.rollback_of}" if release.rollback_of else ""
        return f"{release.id} {release.status}: {release.version} is current in {release.environment}{back}"
    where = next((f" in {record.name}" for record in release.phases if record.status in _BAD), "")
    return f"{release.id} {release.status}{where}: {_kept(release)}"


def summary(release: Release) -> str:
    """Return the headline, what was done on each host, and what to type next."""
    return "\n".join([headline(release), *_hosts(release), *_next(release)])


def _kept(release: Release) -> str:
    """Return what is current although this release is not."""
    kept = f"{release.base} is still current" if release.base else "no release is current"
    return kept + ("" if _touched(release) else "; no host was changed")


def _touched(release: Release) -> bool:
    changed = (HostStatus.RUNNING, HostStatus.UPDATED, HostStatus.FAILED)
    return any(host.status in changed for host in release.hosts.values())


def _hosts(release: Release) -> Iterator[str]:
    """Yield what became of each host, unless the headline says all there is."""
    if release.status is not ReleaseStatus.COMPLETED and not _touched(release):
        return
    for name, host in sorted(release.hosts.items()):
        if host.status is HostStatus.UNCHANGED:
            yield f"  {name}: unchanged, everything ran as it should"
            continue
        yield f"  {name}: {host.status}" + (f": {one_line(host.error)}" if host.error else "")
        yield from (f"    {action}" for action in host.actions)


def _next(release: Release) -> Iterator[str]:
    if release.status is not ReleaseStatus.COMPLETED:
        yield f"the whole story: `stagecraft releases show {release.id}`"
    elif release.base and release.kind in (Kind.DEPLOY, Kind.ROLLBACK):
        yield f"to go back: `stagecraft rollback --env {release.environment} --to {release.base}`"
