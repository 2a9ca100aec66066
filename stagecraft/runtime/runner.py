"""Turns a step into an effect on this machine's engine."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from stagecraft.errors import StepFailedError, UnavailableError
from stagecraft.model.outcome import Outcome
from stagecraft.model.release import HostRecord, Release
from stagecraft.model.step import Build, Destroy, Hook, Migrate, Prune, Pull, Push, Rollout, Step
from stagecraft.runtime.images import Images

Record = Callable[[Callable[[Release], Release]], None]
"""Has a change of the record written while a step runs (`engine.ports.Record`)."""


@dataclass(frozen=True)
class StepRunner:
    """One function a step kind; the rollout is `engine.rollout`, which `app` hands in."""

    images: Images
    rollout: Callable[[Rollout, Release, float], HostRecord]
    pull: Callable[[Pull, Release, float], None]
    migrate: Callable[[Migrate, Release, float, Record], None]
    destroy: Callable[[Destroy, float], HostRecord]
    hook: Callable[[Hook, Release, float, Record], None]
    stop: Callable[[], None]

    def run(self, step: Step, release: Release, deadline: float, record: Record) -> Outcome:
        """Run one step to its end. Raises StepFailedError, also for an engine that went away."""
        try:
            return self._run(step, release, deadline, record)
        except UnavailableError as gone:
            raise StepFailedError(gone.message, hint=gone.hint, place=gone.place) from gone

    def _run(  # noqa: PLR0911 - one for each kind
        self, step: Step, release: Release, deadline: float, record: Record
    ) -> Outcome:
        match step:
            case Build():
                return Outcome(images=self.images.build(step, deadline))
            case Push():
                return Outcome(images={step.service: self.images.push(step, deadline)})
            case Pull():
                self.pull(step, release, deadline)
                return Outcome()
            case Migrate():
                self.migrate(step, release, deadline, record)
                return Outcome()
            case Hook():
                self.hook(step, release, deadline, record)
                return Outcome()
            case Rollout():
                return Outcome(hosts={step.host: self.rollout(step, release, deadline)})
            case Destroy():
                return Outcome(hosts={step.host: self.destroy(step, deadline)})
            case Prune():
                self.images.prune(step, release)
                return Outcome()
            case _ as never:
                assert_never(never)

    def cancel(self) -> None:
        """End everything under way. Idempotent."""
        self.stop()
