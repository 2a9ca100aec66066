"""How a run ended, in a few lines: what runs now, what changed where, how long it took, how to go back."""

from collections.abc import Iterator

from stagecraft.cli.render.clean import one_line
from stagecraft.cli.render.host_groups import host_groups
from stagecraft.cli.render.times import between
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
    """Return the headline, what was done on each host, how long it took, and what to type next."""
    return "\n".join([headline(release), *_hosts(release), *_took(release), *next_step(release)])


def next_step(release: Release) -> Iterator[str]:
    """Yield what to type next: how to go back, or where the whole story is."""
    if release.status is not ReleaseStatus.COMPLETED:
        yield f"the whole story: `stagecraft releases show {release.id}`"
    elif release.base and release.kind in (Kind.DEPLOY, Kind.ROLLBACK):
        yield f"to go back: `stagecraft rollback --env {release.environment} --to {release.base}`"


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
    for group in host_groups(release.hosts):
        host = group.record
        if host.status is HostStatus.UNCHANGED:
            yield f"  {group.title}: unchanged, everything ran as it should"
            continue
        yield f"  {group.title}: {host.status}" + (f": {one_line(host.error)}" if host.error else "")
        yield from (f"    {action}" for action in host.actions)


def _took(release: Release) -> Iterator[str]:
    if release.finished_at:
        yield f"took {between(release.created_at, release.finished_at)}"
