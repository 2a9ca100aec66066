"""From what happened to what is told of it."""

from collections.abc import Callable
from datetime import datetime

from stagecraft.model.header import Header
from stagecraft.model.notice import Notice, NoticeEvent
from stagecraft.model.phase import HostStatus, Kind, PhaseStatus, ReleaseStatus
from stagecraft.model.release import PhaseRecord, Release
from stagecraft.model.standing import Standing

_BAD = (PhaseStatus.FAILED, PhaseStatus.INTERRUPTED, PhaseStatus.RUNNING)


def of_start(release: Release, now: datetime) -> Notice:
    """Return that a release has begun."""
    return _about(release, NoticeEvent.STARTED, now)


def of_end(release: Release, now: datetime) -> Notice:
    """Return how a release ended: one that is still `running` could not be recorded any more."""
    if release.status is ReleaseStatus.COMPLETED:
        back = release.kind is Kind.ROLLBACK
        return _about(release, NoticeEvent.ROLLED_BACK if back else NoticeEvent.COMPLETED, now)
    bad = next((record for record in release.phases if record.status in _BAD), None)
    failed = release.status is ReleaseStatus.FAILED
    told = _about(release, NoticeEvent.FAILED if failed else NoticeEvent.INTERRUPTED, now)
    return told.model_copy(update=_why(release, bad) if bad else {})


def of_dead(release: Header, project: str, now: datetime) -> Notice:
    """Return that a later run has found a release whose run died."""
    return Notice(
        event=NoticeEvent.INTERRUPTED,
        project=project,
        environment=release.environment,
        release=release.id,
        version=release.version,
        kind=release.kind,
        actor=release.actor,
        message=release.message,
        error="its run died; a later one has found it",
        at=now,
    )


def of_drift(standing: Standing, project: str, now: datetime) -> Notice:
    """Return what differs from the current release."""
    return Notice(
        event=NoticeEvent.DRIFT,
        project=project,
        environment=standing.environment,
        release=standing.release,
        version=standing.version,
        host=next((host.host for host in standing.hosts if host.drifted), None),
        log=tuple(
            f"{host.host} {service.service}: {what}"
            for host in standing.hosts
            for service in host.services
            for what in service.drift
        ),
        at=now,
    )


def masked(notice: Notice, mask: Callable[[str], str]) -> Notice:
    """Return the notice with `mask` over every text that came from outside."""
    texts = {name: mask(text) for name in _TEXTS if (text := getattr(notice, name))}
    return notice.model_copy(update={**texts, "log": tuple(map(mask, notice.log))})


def title(notice: Notice) -> str:
    """Return all of it in one line."""
    where = f"{notice.project} {notice.release or notice.environment}"
    if notice.event is NoticeEvent.DRIFT:
        on = f" on {notice.host}" if notice.host else ""
        return f"{notice.project} {notice.environment}: drift from {notice.release or 'nothing'}{on}"
    what = f"{notice.kind} of {notice.version}"
    if notice.event is NoticeEvent.ROLLED_BACK:
        return f"{where}: rolled back to {notice.version}"
    phase = f" in {notice.phase}" if notice.phase else ""
    host = f" on {notice.host}" if notice.host else ""
    return f"{where}: {what} {notice.event}{phase}{host}"


_TEXTS = ("version", "host", "actor", "message", "error")


def _about(release: Release, event: NoticeEvent, now: datetime) -> Notice:
    return Notice(
        event=event,
        project=release.project,
        environment=release.environment,
        release=release.id,
        version=release.version,
        kind=release.kind,
        actor=release.actor,
        message=release.message,
        at=now,
    )


def _why(release: Release, bad: PhaseRecord) -> dict[str, object]:
    """Return where it went wrong, and why."""
    failed = sorted(name for name, host in release.hosts.items() if host.status is HostStatus.FAILED)
    host = failed[0] if failed else None
    log = bad.log or (release.hosts[host].log if host else ())
    return {"phase": bad.name, "host": host, "error": bad.error or "its outcome was not recorded", "log": log}
