"""What the pages show, as plain values: the templates only place it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from stagecraft.cli.render.fates import fates, named, word
from stagecraft.cli.render.host_groups import host_groups
from stagecraft.cli.render.plan_text import described
from stagecraft.cli.render.summary import headline, next_step
from stagecraft.cli.render.times import between, rfc3339, stamp
from stagecraft.model.hook import HookRecord
from stagecraft.model.migration import MigrationRecord
from stagecraft.model.phase import Phase, PhaseStatus
from stagecraft.model.release import HostRecord, PhaseRecord, Release

if TYPE_CHECKING:
    from stagecraft.app import Listed

Values = dict[str, Any]

_BAD = (PhaseStatus.FAILED, PhaseStatus.INTERRUPTED)


def release_view(release: Release, *, current: bool) -> Values:
    """Return what a release's page shows."""
    return {
        "id": release.id,
        "status": release.status.value,
        "current": current,
        "headline": headline(release),
        "next": list(next_step(release)),
        "facts": _facts(release),
        "failures": [_failure(record) for record in release.phases if record.status in _BAD],
        "phases": [_phase(record, release) for record in release.phases],
        "hosts": [_host(name, host) for name, host in sorted(release.hosts.items())],
        "groups": [
            {"title": group.title, "status": group.record.status.value, "actions": _count(group.record)}
            for group in host_groups(release.hosts)
        ],
        "services": [
            {"name": fate.service, "change": word(fate.change.change), "cause": fate.change.cause}
            | {"hosts": named(fate.hosts)}
            for fate in fates(release.plan)
        ],
        "images": [
            {"service": service, "reference": image.reference, "digest": image.digest}
            for service, image in sorted(release.images.items())
        ],
        "migrations": [_migration(record) for record in release.migrations],
        "hooks": [_hook(record) for record in release.hooks],
        "differences": _differences(release),
        "variables": sorted(release.plan.variables.items()),
        "secrets": list(release.plan.secrets),
        "steps": [
            {"phase": step.phase.value, "what": described(step), "host": step.host, "cause": step.cause}
            for step in release.plan.steps
        ],
        "notes": list(release.plan.notes),
    }


def listed_view(entry: "Listed", *, linked: bool) -> Values:
    """Return what the list shows of one release."""
    header = entry.header
    special = f"back to {header.rollback_of}" if header.rollback_of else ""
    special = f"resumes {header.resumes}" if header.resumes else special
    return {
        "id": header.id,
        "linked": linked,
        "status": header.status.value,
        "current": entry.current,
        "kind": header.kind.value,
        "version": header.version,
        "created": stamp(header.created_at),
        "machine": rfc3339(header.created_at),
        "took": between(header.created_at, header.finished_at),
        "actor": header.actor,
        "message": ": ".join(part for part in (special, header.message) if part),
    }


def _facts(release: Release) -> list[tuple[str, str]]:
    facts = [
        ("kind", release.kind.value),
        ("version", release.version),
        ("commit", release.commit or ""),
        ("by", release.actor),
        ("message", release.message),
        ("began", stamp(release.created_at)),
        ("ended", stamp(release.finished_at)),
        ("took", between(release.created_at, release.finished_at)),
        ("base", release.base or "none"),
        ("goes back to", release.rollback_of or ""),
        ("resumes", release.resumes or ""),
        ("Compose", release.plan.compose_version),
        ("plan", release.plan.digest),
    ]
    return [(name, value) for name, value in facts if value]


def _failure(record: PhaseRecord) -> Values:
    return {
        "phase": record.name.value,
        "status": record.status.value,
        "error": record.error or "",
        "log": "\n".join(record.log),
    }


def _phase(record: PhaseRecord, release: Release) -> Values:
    return {
        "name": record.name.value,
        "status": record.status.value,
        "reason": record.reason or record.error or "",
        "took": between(record.started_at, record.finished_at),
        "bar": _bar(record.started_at, record.finished_at, release),
        "rollout": record.name is Phase.ROLLOUT,
    }


def _host(name: str, host: HostRecord) -> Values:
    return {
        "name": name,
        "status": host.status.value,
        "error": host.error or "",
        "log": "\n".join(host.log),
        "count": _count(host),
        "actions": list(host.actions),
        "running": [
            {"service": service, "image": image.image, "id": image.id, "digest": image.digest or ""}
            for service, image in sorted(host.running.items())
        ],
    }


def _migration(record: MigrationRecord) -> Values:
    return {
        "name": record.name,
        "status": record.status.value,
        "what": f"{record.when} {record.direction} with {record.engine}",
        "changes": [str(change) for change in record.changes],
        "unsure": [str(change) for change in record.unsure],
        "note": record.error or record.reason,
        "took": between(record.started_at, record.finished_at),
    }


def _hook(record: HookRecord) -> Values:
    return {
        "name": record.name,
        "status": record.status.value,
        "where": f"{record.when} {record.phase}",
        "took": between(record.started_at, record.finished_at),
        "error": record.error,
        "log": "\n".join(record.log),
    }


def _count(host: HostRecord) -> str:
    return f"{len(host.actions)} action{'' if len(host.actions) == 1 else 's'}"


def _bar(start: datetime | None, end: datetime | None, release: Release) -> tuple[str, str] | None:
    """Return where on the timeline something lies: its beginning and its length in percent."""
    if start is None or release.finished_at is None:
        return None
    whole = max((release.finished_at - release.created_at).total_seconds(), 1)
    left = min(max((start - release.created_at).total_seconds() / whole, 0), 1)
    length = ((end or release.finished_at) - start).total_seconds() / whole
    return f"{left * 100:.2f}", f"{min(max(length, 0), 1 - left) * 100:.2f}"


def _differences(release: Release) -> list[Values]:
    """Return every different difference once, with the hosts it is that of."""
    found: dict[str, tuple[str, ...]] = {}
    for name, host in sorted(release.plan.hosts.items()):
        if host.difference:
            found[host.difference] = (*found.get(host.difference, ()), name)
    return [
        {"hosts": ", ".join(hosts), "lines": [_line(line) for line in difference.splitlines()]}
        for difference, hosts in found.items()
    ]


def _line(line: str) -> tuple[str, str]:
    kinds = {"+": "added", "-": "removed", "@": "place"}
    return kinds.get(line[:1], "same"), line
