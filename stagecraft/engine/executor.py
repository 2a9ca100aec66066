"""The only loop that runs phases: deploy, rollback, resume and whatever comes later go through it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from itertools import groupby

from stagecraft.engine.journal import Journal
from stagecraft.engine.ports import Clock, Observer, Runner, Session, Shield
from stagecraft.errors import InterruptedRunError, PhaseFailedError, StepFailedError
from stagecraft.model.events import HostChanged, Note, ReleaseFinished, ReleaseStarted, StepChanged
from stagecraft.model.outcome import Outcome
from stagecraft.model.phase import HostStatus, Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.release import HostRecord, Release
from stagecraft.model.step import Push, Rollout, Step

Settle = Callable[[Release], Release]
"""Makes the texts final once every image is known (`compose.pin`)."""


class Executor:
    """Runs the pending phases of a release in order and decides the fate of each."""

    def __init__(
        self,
        release: Release,
        *,
        runner: Runner,
        session: Session,
        clock: Clock,
        observer: Observer,
        settle: Settle,
        shield: Shield = nullcontext,
    ) -> None:
        self._runner = runner
        self._clock = clock
        self._observer = observer
        self._settle = settle
        self._journal = Journal(release, session=session, clock=clock, observer=observer, shield=shield)

    def execute(self) -> Release:
        """Run every pending phase; on failure record it, skip the rest, then raise.

        Each `running` is durable before the first effect of its phase.

        Raises PhaseFailedError, InterruptedRunError or StoreError; whatever the store still took is recorded.
        """
        release = self._journal.release
        self._observer(
            ReleaseStarted(release=release.id, version=release.version, environment=release.environment)
        )
        try:
            for phase in Phase:
                self._phase(phase)
        except InterruptedRunError as stop:
            self._runner.cancel()
            self._journal.interrupt(stop.message)
            raise
        except BaseException:
            self._runner.cancel()
            raise
        finally:
            self._observer(ReleaseFinished(release=self._journal.release))
        return self._journal.release

    def _phase(self, phase: Phase) -> None:
        if phase is Phase.MIGRATE_PRE:
            self._journal.change(self._settle)
        if self._journal.release.phase(phase).status is not PhaseStatus.PENDING:
            self._journal.announce(phase)
            return
        self._journal.begin(phase)
        steps = self._journal.release.plan.of(phase)
        deadline = self._clock.monotonic() + self._journal.release.plan.timeouts[phase]
        if phase is Phase.FINALIZE:
            self._journal.complete(phase, ReleaseStatus.COMPLETED)
            self._best_effort(steps, deadline)
            return
        try:
            for wave in _waves(steps):
                self._wave(wave, deadline)
        except StepFailedError as failure:
            self._journal.fail(phase, failure)
            raise PhaseFailedError(
                f"`{phase}` failed: {failure}", hint=failure.hint, log=failure.log
            ) from failure
        self._journal.complete(phase)

    def _wave(self, steps: list[Step], deadline: float) -> None:
        """Run the steps of one wave together; all end, all are recorded, the first failure is raised."""
        hosts = {step.host: HostStatus.RUNNING for step in steps if isinstance(step, Rollout)}
        self._journal.change(lambda release: _marked(release, hosts))
        self._tell_hosts(hosts)
        failures: dict[int, StepFailedError] = {}
        with ThreadPoolExecutor(max_workers=len(steps), thread_name_prefix="step") as pool:
            order = {pool.submit(self._step, step, deadline): index for index, step in enumerate(steps)}
            try:
                for future in as_completed(order):
                    step = steps[order[future]]
                    if failure := self._take(step, future):
                        failures[order[future]] = failure
            except BaseException:
                self._runner.cancel()  # or leaving the pool would wait for steps nobody wants any more
                raise
        if failures:
            raise failures[min(failures)]

    def _step(self, step: Step, deadline: float) -> Outcome:
        began = self._clock.monotonic()
        about = {"phase": step.phase, "kind": step.kind, "host": step.host, "subject": subject(step)}
        self._observer(StepChanged(**about, status="running"))
        status = "failed"
        try:
            outcome = self._runner.run(step, self._journal.release, deadline)
            status = "completed"
            return outcome
        finally:
            self._observer(StepChanged(**about, status=status, duration=self._clock.monotonic() - began))

    def _take(self, step: Step, future: Future[Outcome]) -> StepFailedError | None:
        """Record what became of one step; return its failure, if it is one."""
        try:
            outcome = future.result()
        except StepFailedError as failure:
            if isinstance(step, Rollout):
                error, log = failure.message, failure.log
                self._journal.change(
                    lambda release: _with_host(
                        release, step.host, status=HostStatus.FAILED, error=error, log=log
                    )
                )
                self._tell_hosts({step.host: HostStatus.FAILED})
            return failure
        self._journal.change(lambda release: _merged(release, outcome))
        self._tell_hosts({name: host.status for name, host in outcome.hosts.items()})
        return None

    def _best_effort(self, steps: Iterable[Step], deadline: float) -> None:
        """Run what must not change the outcome, which is on disk already."""
        for step in steps:
            try:
                self._step(step, deadline)
            except (StepFailedError, InterruptedRunError) as failure:
                self._observer(Note(text=f"not cleaned up: {failure}"))

    def _tell_hosts(self, hosts: dict[str, HostStatus]) -> None:
        for name, status in hosts.items():
            self._observer(HostChanged(host=name, status=status))


def subject(step: Step) -> str:
    """Return what a step is about, for the people who watch: the service, else the host."""
    return step.service if isinstance(step, Push) else step.host


def _waves(steps: Iterable[Step]) -> Iterator[list[Step]]:
    for _, wave in groupby(sorted(steps, key=lambda step: step.wave), key=lambda step: step.wave):
        yield list(wave)


def _with_host(release: Release, name: str, **changes: object) -> Release:
    host = release.hosts.get(name, HostRecord())
    return release.with_hosts({name: host.model_copy(update=changes)})


def _marked(release: Release, hosts: dict[str, HostStatus]) -> Release:
    for name, status in hosts.items():
        release = _with_host(release, name, status=status)
    return release


def _merged(release: Release, outcome: Outcome) -> Release:
    """Add what a step brought about; a host keeps the text it was given before the rollout."""
    for name, host in outcome.hosts.items():
        release = _with_host(
            release, name, status=host.status, actions=host.actions, running=host.running, log=host.log
        )
    return release.model_copy(update={"images": {**release.images, **outcome.images}})
