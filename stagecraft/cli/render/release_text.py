"""One release, for people."""

from collections.abc import Iterator

from stagecraft.cli.render.clean import one_line
from stagecraft.cli.render.table import table
from stagecraft.cli.render.times import between, stamp
from stagecraft.model.hook import HookRecord
from stagecraft.model.migration import MigrationRecord
from stagecraft.model.phase import PhaseStatus
from stagecraft.model.release import HostRecord, PhaseRecord, Release


def release_text(release: Release, *, current: bool) -> str:
    """Return what the release was to do, what became of it and, if it failed, why."""
    lines = [f"{release.id}: {release.kind} {release.project} {release.version} to {release.environment}"]
    lines += table(list(_facts(release, current=current)), indent="  ")
    lines += ["", "phases", *table([_phase(record) for record in release.phases], indent="  ")]
    if release.hosts:
        lines += ["", "hosts"]
        for name, host in sorted(release.hosts.items()):
            lines += list(_host(name, host))
    if release.migrations:
        lines += ["", "migrations", *table([_migration(one) for one in release.migrations], indent="  ")]
    if release.hooks:
        lines += ["", "hooks", *table([_hook(one) for one in release.hooks], indent="  ")]
    if release.images:
        images = [(service, image.pin) for service, image in sorted(release.images.items())]
        lines += ["", "images", *table(images, indent="  ")]
    for record in release.phases:
        lines += _failure(record)
    for hook in release.hooks:
        lines += _warning(hook, release)
    return "\n".join(lines)


def _facts(release: Release, *, current: bool) -> Iterator[tuple[str, str]]:
    yield "status", release.status + (", current" if current else "")
    yield "created", f"{stamp(release.created_at)} by {release.actor}"
    if release.finished_at:
        took = between(release.created_at, release.finished_at)
        yield "finished", f"{stamp(release.finished_at)} after {took}"
    if release.message:
        yield "message", " / ".join(line for line in release.message.splitlines() if line.strip())
    if release.commit:
        yield "commit", release.commit
    yield "base", release.base or "none"
    if release.rollback_of:
        yield "goes back to", release.rollback_of
    if release.resumes:
        yield "resumes", release.resumes
    yield "plan", release.plan.digest


def _phase(record: PhaseRecord) -> tuple[str, str, str, str]:
    reason = record.reason or (one_line(record.error) if record.error else "")
    return record.name, record.status, between(record.started_at, record.finished_at), reason


def _migration(record: MigrationRecord) -> tuple[str, str, str, str]:
    """Return what became of a migration: what it did for certain, what it may have done, and why."""
    revisions = f"{record.before or 'unknown'} -> {record.after}" if record.after else ""
    files = ", ".join(change.name for change in record.changes if change.name != record.name)
    unsure = ", ".join(change.name for change in record.unsure)
    parts = [files, revisions, f"may have run: {unsure}" if unsure else "", one_line(record.reason)]
    what = "; ".join(part for part in parts if part)
    took = between(record.started_at, record.finished_at)
    return record.name, f"{record.direction} {record.status}", took, what


def _hook(record: HookRecord) -> tuple[str, str, str, str]:
    took = between(record.started_at, record.finished_at)
    return record.name, f"{record.when} {record.phase}: {record.status}", took, one_line(record.error)


def _host(name: str, host: HostRecord) -> Iterator[str]:
    yield f"  {name}: {host.status}" + (f": {one_line(host.error)}" if host.error else "")
    yield from (f"    {action}" for action in host.actions)


def _warning(record: HookRecord, release: Release) -> list[str]:
    """Return the last lines of a hook that failed without failing its phase, which would tell them."""
    if record.status is not PhaseStatus.FAILED or release.phase(record.phase).log == record.log:
        return []
    return ["", f"warning: {record.error}", *(f"    {line}" for line in record.log)]


def _failure(record: PhaseRecord) -> list[str]:
    """Return why a phase ended badly, with the last lines of what failed."""
    if record.status not in (PhaseStatus.FAILED, PhaseStatus.INTERRUPTED) or not record.error:
        return []
    log = [f"    {line}" for line in record.log]
    return ["", f"{record.name} {record.status}: {record.error}", *log]
