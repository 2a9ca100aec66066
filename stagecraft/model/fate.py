"""How a release ends badly: one rule for the run that fails and for the run that is found dead."""

from datetime import datetime

from stagecraft.errors import MixedHostsError, PhaseFailedError, StepFailedError
from stagecraft.model.phase import Because, HostStatus, Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.release import PhaseRecord, Release


def failed(release: Release, phase: Phase, error: str, log: tuple[str, ...], now: datetime) -> Release:
    """Return the release with `phase` failed, every later one skipped, hosts not begun untouched."""
    record = release.phase(phase).model_copy(
        update={"status": PhaseStatus.FAILED, "error": error, "log": log, "finished_at": now}
    )
    return _ended(release.with_phase(record), ReleaseStatus.FAILED, f"{phase} failed", now)


def interrupted(release: Release, error: str, now: datetime) -> Release:
    """Return the release with its running phase interrupted and every later one skipped."""
    reason = "interrupted"
    for record in release.phases:
        if record.status is PhaseStatus.RUNNING:
            reason = f"{record.name} interrupted"
            release = release.with_phase(
                record.model_copy(
                    update={"status": PhaseStatus.INTERRUPTED, "error": error, "finished_at": now}
                )
            )
    return _ended(release, ReleaseStatus.INTERRUPTED, reason, now)


def verdict(release: Release, phase: Phase, failure: StepFailedError) -> PhaseFailedError:
    """Return the error a failed phase ends the run with; it names hosts on different versions."""
    message = f"`{phase}` failed: {failure}"
    new = [name for name, host in release.hosts.items() if host.status is HostStatus.UPDATED]
    if phase is not Phase.ROLLOUT or not new:
        return PhaseFailedError(message, hint=failure.hint, log=failure.log)
    others = [f"{name} ({host.status})" for name, host in release.hosts.items() if name not in new]
    return MixedHostsError(
        f"{message}; on {release.version}: {', '.join(new)}; not: {', '.join(others)}",
        hint=failure.hint,
        log=failure.log,
    )


def _ended(release: Release, status: ReleaseStatus, reason: str, now: datetime) -> Release:
    """End the release: what was still to come is skipped; a host in the middle may be half done: failed."""
    phases = tuple(_skipped(record, reason) for record in release.phases)
    began = release.phase(Phase.ROLLOUT).started_at is not None
    hosts = {}
    for name, host in release.hosts.items():
        if host.status is HostStatus.RUNNING:
            hosts[name] = host.model_copy(update={"status": HostStatus.FAILED, "error": host.error or reason})
        elif host.status is HostStatus.PENDING and began:
            hosts[name] = host.model_copy(update={"status": HostStatus.UNTOUCHED})
    ended = release.with_hosts(hosts)
    return ended.model_copy(update={"phases": phases, "status": status, "finished_at": now})


def _skipped(record: PhaseRecord, reason: str) -> PhaseRecord:
    if record.status is not PhaseStatus.PENDING:
        return record
    return record.model_copy(
        update={"status": PhaseStatus.SKIPPED, "reason": reason, "because": Because.FAILURE}
    )
