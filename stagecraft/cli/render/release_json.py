"""Releases as JSON values (spec/json.md)."""

from typing import TYPE_CHECKING, Any

from stagecraft.cli.render.times import rfc3339

if TYPE_CHECKING:
    from stagecraft.model.header import Header
    from stagecraft.model.hook import HookRecord
    from stagecraft.model.migration import MigrationRecord
    from stagecraft.model.release import HostRecord, PhaseRecord, Release


def listed_json(header: "Header", *, current: bool) -> dict[str, Any]:
    """Return the fields `releases list` prints."""
    return {
        "id": header.id,
        "number": header.number,
        "environment": header.environment,
        "kind": header.kind.value,
        "version": header.version,
        "status": header.status.value,
        "current": current,
        "actor": header.actor,
        "message": header.message,
        "created_at": rfc3339(header.created_at),
        "finished_at": rfc3339(header.finished_at),
        "rollback_of": header.rollback_of,
        "resumes": header.resumes,
    }


def release_json(release: "Release", *, current: bool) -> dict[str, Any]:
    """Return the fields `releases show` and the last event of a run print."""
    from stagecraft.model.plan_file import document

    return {
        **listed_json(release.header(), current=current),
        "project": release.project,
        "commit": release.commit,
        "base": release.base,
        "phases": [_phase(record) for record in release.phases],
        "images": {
            service: {"reference": image.reference, "digest": image.digest}
            for service, image in sorted(release.images.items())
        },
        "hosts": {name: _host(record) for name, record in sorted(release.hosts.items())},
        "migrations": [_migration(record) for record in release.migrations],
        "hooks": [_hook(record) for record in release.hooks],
        "texts": dict(sorted(release.texts.items())),
        "plan": document(release.plan),
    }


def _phase(record: "PhaseRecord") -> dict[str, Any]:
    return {
        "name": record.name.value,
        "status": record.status.value,
        "reason": record.reason,
        "because": record.because.value if record.because else None,
        "error": record.error,
        "log": list(record.log),
        "started_at": rfc3339(record.started_at),
        "finished_at": rfc3339(record.finished_at),
    }


def _migration(record: "MigrationRecord") -> dict[str, Any]:
    return {
        **record.model_dump(mode="json"),
        "started_at": rfc3339(record.started_at),
        "finished_at": rfc3339(record.finished_at),
    }


def _hook(record: "HookRecord") -> dict[str, Any]:
    return {
        **record.model_dump(mode="json"),
        "started_at": rfc3339(record.started_at),
        "finished_at": rfc3339(record.finished_at),
    }


def _host(record: "HostRecord") -> dict[str, Any]:
    return {
        "status": record.status.value,
        "error": record.error,
        "text": record.text,
        "actions": list(record.actions),
        "log": list(record.log),
        "running": {
            service: {"image": image.image, "id": image.id, "digest": image.digest}
            for service, image in sorted(record.running.items())
        },
    }
