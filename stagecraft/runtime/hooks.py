"""Runs a hook: a command of the user's own, recorded while it runs and when it has ended (spec/hooks.md)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stagecraft.config.sources import SecretSource
from stagecraft.errors import StagecraftError, StepFailedError, UnavailableError
from stagecraft.model.events import Event, Note
from stagecraft.model.hook import HookRecord, OnHookFailure
from stagecraft.model.phase import PhaseStatus, ReleaseStatus
from stagecraft.model.release import Release
from stagecraft.model.step import Hook
from stagecraft.runtime.process import Processes, ProcessTimeoutError, RunCancelledError
from stagecraft.runtime.surroundings import surroundings

Record = Callable[[Callable[[Release], Release]], None]
"""Has a change of the record written while a step runs (`engine.ports.Record`)."""


@dataclass(frozen=True)
class Hooks:
    """Runs the hooks of one run; callable as `StepRunner.hook`."""

    processes: Processes
    observer: Callable[[Event], None]
    now: Callable[[], datetime]
    folder: Path
    environ: Mapping[str, str]
    sources: Mapping[str, SecretSource]
    """The declared secrets."""
    secrets: Mapping[str, str]
    """Today's values of those that the plan needs."""

    def __call__(self, step: Hook, release: Release, deadline: float, record: Record) -> None:
        """Run one hook to its end. Raises StepFailedError, unless its failure is only a warning."""
        entry = _Entry(step, release, record, self.now)
        try:
            self._run(step, release, deadline)
        except RunCancelledError:
            raise
        except (StepFailedError, UnavailableError) as error:
            failure = _named(step, error)
            entry.end(PhaseStatus.FAILED, failure)
            if step.on_failure is OnHookFailure.FAIL:
                raise failure from error
            self.observer(Note(text=f"{failure}; that is a warning only"))
        else:
            entry.end(PhaseStatus.COMPLETED)

    def _run(self, step: Hook, release: Release, deadline: float) -> None:
        facts = {
            "project": release.project,
            "environment": release.environment,
            "release": release.id,
            "version": release.version,
            "kind": release.kind,
            "base": release.base,
            "status": release.status,
            "phase": step.phase,
            "when": step.when,
            "hook": step.name,
            "actor": release.actor,
            "message": release.message,
        }
        secrets = {name: self.secrets[name] for name in step.secrets if name in self.secrets}
        self.processes.run(
            step.command,
            env=surroundings(self.environ, self.sources, secrets, facts),
            cwd=self.folder,
            deadline=deadline,
            timeout=step.timeout,
            source=f"hook {step.name}",
        ).require(f"hook `{step.name}`")


class _Entry:
    """The record of one hook: that it runs, before it does, and how it ended. None once the release ended."""

    def __init__(self, step: Hook, release: Release, record: Record, now: Callable[[], datetime]) -> None:
        self._write = record
        self._now = now
        self._open = release.status is ReleaseStatus.RUNNING
        self._place = len(release.hooks)
        self._record = HookRecord(name=step.name, phase=step.phase, when=step.when, started_at=now())
        self._set()

    def end(self, status: PhaseStatus, failure: StepFailedError | None = None) -> None:
        """Record how it ended."""
        told = {"error": str(failure), "log": failure.log} if failure else {}
        self._record = self._record.model_copy(update={"status": status, "finished_at": self._now(), **told})
        self._set()

    def _set(self) -> None:
        if self._open:
            self._write(lambda release: release.with_hook(self._place, self._record))


def _named(step: Hook, error: StagecraftError) -> StepFailedError:
    """Return the failure with the hook's name in it."""
    if isinstance(error, StepFailedError) and not isinstance(error, ProcessTimeoutError):
        return error
    log = error.log if isinstance(error, StepFailedError) else ()
    return StepFailedError(f"hook `{step.name}`: {error.message}", hint=error.hint, log=log)
