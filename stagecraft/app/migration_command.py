"""The hands of the `command` engine: one-off containers, and the revision before and after."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stagecraft.app.migration_entry import Entry, text_of
from stagecraft.app.migration_past import Past
from stagecraft.app.rollouts import Rollouts
from stagecraft.compose.one_off import dependencies, one_off, services_of
from stagecraft.errors import StepFailedError, StepRefusedError
from stagecraft.migrators import command
from stagecraft.migrators.answers import Answers
from stagecraft.migrators.engines import ENGINES
from stagecraft.migrators.protocol import Verdict
from stagecraft.model.migration import Direction, MigrationRecord, MigrationStatus, Work
from stagecraft.model.release import Release
from stagecraft.model.step import Migrate
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.one_off import MIGRATION, RELEASE, OneOff

_LONGEST = 200
"""Characters kept of a revision."""


@dataclass(frozen=True)
class CommandMigrations:
    """Runs commands in the image of a release."""

    engine: Callable[[str], Docker]
    rollouts: Rollouts
    project: str
    """The Compose project."""
    health_timeout: float
    folder: Path
    redact: Callable[[str], str]
    answers: Answers

    def run(self, step: Migrate, release: Release, past: Past, entry: Entry, deadline: float) -> None:
        """Run one migration. Raises StepFailedError, RefusedError, UnavailableError."""
        work = step.work
        text = text_of(step, release)
        service = str(work.details["service"])
        if service not in services_of(text):
            raise StepFailedError(f"there is no service `{service}` on {step.host} any more")
        containers = self._containers(step, release, text, service)
        if still := containers.running():
            raise StepRefusedError(
                f"migration `{work.name}` of an earlier run still runs in container `{still[0]}`",
                hint=f"wait for it to end (`docker wait {still[0]}`), then run it again",
            )
        self.rollouts.start(
            step.host,
            self.project,
            release,
            text,
            dependencies(text, [service]),
            health_timeout=self.health_timeout,
            deadline=deadline,
        )
        _One(containers, work, release, entry, deadline, self.redact).run(past, self.answers)

    def cancel(self) -> None:
        """End nothing: the containers' programs are ended with all others."""

    def _containers(self, step: Migrate, release: Release, text: str, service: str) -> OneOff:
        return OneOff(
            docker=self.engine(step.host),
            project=self.project,
            directory=self.folder,
            text=one_off(text, service),
            values=self.rollouts.values(release),
            service=service,
            labels={MIGRATION: step.work.name, RELEASE: release.id},
        )


@dataclass(frozen=True)
class _One:
    """One command of one release."""

    containers: OneOff
    work: Work
    release: Release
    entry: Entry
    deadline: float
    redact: Callable[[str], str]

    def run(self, past: Past, answers: Answers) -> None:
        now = self._revision()
        reason = ""
        if past.last is not None and _unsettled(past.last):
            resume = ENGINES[self.work.engine].resume(past.last, now=now, answers=answers)
            if resume.verdict is Verdict.DONE and past.last.direction is self.work.direction:
                self._done(past.last, now, resume.reason)
                return
            reason = resume.reason
        self.entry.begin(
            self.work.changes,
            before=now,
            reason=reason,
            has_head=bool(self._words("head")),
            rollback=self._words("rollback"),
            service=str(self.work.details["service"]),
        )
        log = self._run()
        self.entry.end(self._finished(past, now, reason).model_copy(update={"log": log}))

    def _done(self, last: MigrationRecord, now: str, reason: str) -> None:
        """Record that a person knows it is done."""
        record = last.model_copy(update={"changes": self.work.changes, "after": now, "reason": reason})
        self.entry.end(record)

    def _finished(self, past: Past, before: str, reason: str) -> MigrationRecord:
        record = self.entry.record
        if self.work.direction is Direction.DOWN:
            update = {
                "changes": self.work.changes,
                "before": self.work.details.get("before", ""),
                "after": self.work.details.get("after", ""),
            }
            return record.model_copy(update=update)
        after = self._revision()
        ended = command.finished(
            record, previous=past.revision, before=before, after=after, changes=self.work.changes
        )
        return ended.model_copy(update={"reason": "; ".join(part for part in (reason, ended.reason) if part)})

    def _run(self) -> tuple[str, ...]:
        """Run the command; return the last lines it wrote."""
        try:
            finished = self.containers.run(
                self._words("command"),
                name=self._name(),
                deadline=self.deadline,
                source=f"migrate {self.work.name}",
            )
            if finished.code != 0:
                raise StepFailedError(
                    f"migration `{self.work.name}` ({self.work.summary}) failed with exit code "
                    f"{finished.code}",
                    hint="the last lines below say why",
                    log=finished.tail,
                )
        except StepFailedError as error:
            record = self.entry.record.model_copy(update={"log": error.log})
            self.entry.fail(record, str(error))
            raise
        return finished.tail

    def _revision(self) -> str:
        """Return what `head` prints, on one line; empty if there is none or it fails."""
        words = self._words("head")
        if not words:
            return ""
        finished = self.containers.run(
            words, name=f"{self._name()}-head", deadline=self.deadline, source=f"head of {self.work.name}"
        )
        return self.redact(command.revision(finished.stdout))[:_LONGEST] if finished.code == 0 else ""

    def _words(self, key: str) -> tuple[str, ...]:
        words = self.work.details.get(key)
        return tuple(str(word) for word in words) if isinstance(words, list) else ()

    def _name(self) -> str:
        direction = "-undo" if self.work.direction is Direction.DOWN else ""
        return f"{self.containers.project}-{self.release.id}-{self.work.name}{direction}"


def _unsettled(record: MigrationRecord) -> bool:
    return record.status in (MigrationStatus.STARTED, MigrationStatus.UNKNOWN)
