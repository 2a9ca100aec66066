"""deploy --resume: the recorded plan of a release that did not end, from its first unfinished phase."""

from itertools import takewhile

from stagecraft.app import images, planning, reading
from stagecraft.app.preflight import Preflight
from stagecraft.app.requests import DeployRequest
from stagecraft.app.run import Run, actor, back_to, pinned
from stagecraft.errors import RefusedError
from stagecraft.model.phase import Because, HostStatus, Kind, Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.release import HostRecord, PhaseRecord, Release
from stagecraft.runtime.git import Git


def run(running: Run, request: DeployRequest) -> Release:
    """Run the rest of a failed or interrupted release as a new one. Raises RefusedError."""
    old = _chosen(running, request.resume or "")
    _check_version(running, request, old)
    preflight = Preflight(running.where, running.here, running.hands, old.plan)
    preflight.check()
    base = planning.base_of(running.here)

    def prepared() -> Release:
        _check_newest(running, _chosen(running, old.id))
        alone = not _rolled_out_since(running, old)
        return resumed(old, base.id if base else None, keep_hosts=alone).model_copy(
            update={
                "actor": actor(running.where),
                "message": request.message or old.message,
                "created_at": running.hands.clock.now(),
            }
        )

    return running(
        prepared,
        lambda: preflight.values,
        lambda release: pinned(release, images.settled(release.images, base)),
        back_to(base),
    )


def resumed(old: Release, base: str | None, *, keep_hosts: bool) -> Release:
    """Return the new release: what `old` completed is skipped, what it learned is kept.

    With `keep_hosts`, so are hosts that `old` has finished: the executor leaves them alone.
    """
    hosts = {name: _host(host, keep=keep_hosts) for name, host in old.hosts.items()}
    if any(host.status is HostStatus.REVERTED for host in old.hosts.values()):
        # They were given the text of before: the plan's texts are made final once more.
        hosts = {name: host.model_copy(update={"text": None}) for name, host in hosts.items()}
    return Release.begin(
        old.plan, actor=old.actor, message=old.message, created_at=old.created_at
    ).model_copy(
        update={
            "base": base,
            "resumes": old.id,
            "phases": tuple(_carried(record, old.id) for record in old.phases),
            "images": old.images,
            "texts": old.texts,
            "hosts": hosts,
        }
    )


def _host(record: HostRecord, *, keep: bool) -> HostRecord:
    return record if keep and record.status.finished else HostRecord(text=record.text)


def _rolled_out_since(running: Run, old: Release) -> bool:
    """Return whether a later release may have brought hosts to something else."""
    headers = running.here.store.headers(old.environment)
    later = takewhile(lambda header: header.number > old.number, headers)
    return any(header.rollout not in (PhaseStatus.PENDING, PhaseStatus.SKIPPED) for header in later)


def _carried(record: PhaseRecord, old: str) -> PhaseRecord:
    if record.status is PhaseStatus.COMPLETED:
        return PhaseRecord(
            name=record.name,
            status=PhaseStatus.SKIPPED,
            because=Because.RESUMED,
            reason=f"completed in {old}",
        )
    if record.status is PhaseStatus.SKIPPED and record.because is not Because.FAILURE:
        return record
    return PhaseRecord(name=record.name)


def _chosen(running: Run, wanted: str) -> Release:
    store, environment = running.here.store, running.here.environment.name
    if not wanted:
        newest = next(iter(store.headers(environment)), None)
        if newest is None:
            raise RefusedError(
                f"`{environment}` has no release to resume", hint=f"`stagecraft deploy --env {environment}`"
            )
        wanted = newest.id
    release = reading.find(store, wanted)
    if release.environment != environment:
        raise RefusedError(
            f"`{wanted}` is a release of `{release.environment}`, not of `{environment}`",
            hint=f"add `--env {release.environment}`",
        )
    if release.kind is Kind.DESTROY:
        raise RefusedError(
            f"`{wanted}` is a destroy: it is not gone on with, it is run again",
            hint=f"`stagecraft destroy --env {environment}` removes what is left",
        )
    if release.status is ReleaseStatus.COMPLETED:
        raise RefusedError(
            f"`{wanted}` has completed: there is nothing to resume",
            hint=f"`stagecraft deploy --env {environment}` starts a new release",
        )
    return release


def _check_newest(running: Run, old: Release) -> None:
    """Refuse to bring back something that a later release has replaced."""
    for header in running.here.store.headers(old.environment):
        if header.number <= old.number:
            return
        if header.status is ReleaseStatus.COMPLETED:
            raise RefusedError(
                f"`{header.id}` has completed since `{old.id}`",
                hint=f"`stagecraft deploy --env {old.environment}` starts a new release",
            )


def _check_version(running: Run, request: DeployRequest, old: Release) -> None:
    """If something is still to be built, it has to be built from the same tree."""
    build = old.phase(Phase.BUILD)
    if build.status is PhaseStatus.COMPLETED or build.because in (Because.PLAN, Because.RESUMED):
        return
    git = Git(running.hands.processes, running.where.environ, running.here.folder)
    leave_out = [running.here.store_folder.absolute()]
    now = git.resolve_version(request.version or old.plan.asked.version, leave_out)
    if now.version != old.version:
        raise RefusedError(
            f"`{old.id}` is not built yet, and the working tree is `{now.version}`, not `{old.version}`",
            hint=f"check out `{old.commit or old.version}`, or start anew:"
            f" `stagecraft deploy --env {old.environment}`",
        )
