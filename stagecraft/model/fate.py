"""How a release ends badly: one rule for the run that fails and for the run that is found dead."""

from datetime import datetime

from stagecraft.errors import (
    LockBusyError,
    MixedHostsError,
    PhaseBusyError,
    PhaseFailedError,
    PhaseRefusedError,
    RefusedError,
    StepFailedError,
)
from stagecraft.model.hook import HookRecord
from stagecraft.model.phase import Because, HostStatus, Kind, Phase, PhaseStatus, ReleaseStatus
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


def verdict(
    release: Release, phase: Phase, failure: StepFailedError, in_the_way: tuple[str, ...] = ()
) -> PhaseFailedError:
    """Return the error a failed phase ends the run with; it names hosts on different versions.

    `in_the_way`: migrations because of which hosts were not taken back.
    """
    message = f"`{phase}` failed: {failure}"
    if isinstance(failure, RefusedError):
        return PhaseRefusedError(message, hint=failure.hint, log=failure.log)
    if isinstance(failure, LockBusyError):
        return PhaseBusyError(message, hint=failure.hint, log=failure.log)
    new = [name for name, host in release.hosts.items() if host.status is HostStatus.UPDATED]
    if release.kind is Kind.DESTROY:
        return PhaseFailedError(message, hint=failure.hint, log=failure.log)
    if in_the_way:
        return _stuck(release, message, failure, in_the_way)
    if phase is not Phase.ROLLOUT or not new:
        return PhaseFailedError(message, hint=failure.hint, log=failure.log)
    return MixedHostsError(
        f"{message}; {_spread(release, new)}",
        hint=failure.hint,
        log=failure.log,
    )


def _stuck(
    release: Release, message: str, failure: StepFailedError, migrations: tuple[str, ...]
) -> MixedHostsError:
    """Return the error of a rollout that must not be taken back, with both ways on."""
    new = [name for name, host in release.hosts.items() if host.status is HostStatus.UPDATED]
    names = ", ".join(migrations)
    env = f"--env {release.environment}"
    ways = (
        f"forward: mend it and `stagecraft deploy {env}`; "
        f"back: `stagecraft rollback {env} --with-migrations`, or `--accept-schema NAME` to keep the schema"
    )
    return MixedHostsError(
        f"{message}; not reverted, because {release.base} does not run on what these migrations did: "
        f"{names}; {_spread(release, new)}",
        hint="; ".join(part for part in (failure.hint, ways) if part),
        log=failure.log,
    )


def _spread(release: Release, new: list[str]) -> str:
    others = [f"{name} ({host.status})" for name, host in release.hosts.items() if name not in new]
    return f"on {release.version}: {', '.join(new) or 'none'}" + (
        f"; not: {', '.join(others)}" if others else ""
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
    hooks = tuple(_stopped(record, reason, now) for record in release.hooks)
    ended = release.with_hosts(hosts)
    return ended.model_copy(update={"phases": phases, "hooks": hooks, "status": status, "finished_at": now})


def _stopped(record: HookRecord, reason: str, now: datetime) -> HookRecord:
    """Return a hook that nobody saw end as interrupted."""
    if record.status is not PhaseStatus.RUNNING:
        return record
    update = {"status": PhaseStatus.INTERRUPTED, "error": reason, "finished_at": now}
    return record.model_copy(update=update)


def _skipped(record: PhaseRecord, reason: str) -> PhaseRecord:
    if record.status is not PhaseStatus.PENDING:
        return record
    return record.model_copy(
        update={"status": PhaseStatus.SKIPPED, "reason": reason, "because": Because.FAILURE}
    )
