"""The only loop that runs phases: deploy, rollback, resume and whatever comes later go through it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import groupby

from stagecraft.engine.crew import Crew
from stagecraft.engine.journal import Journal
from stagecraft.engine.ports import Clock, Observer, Runner, Session, Shield
from stagecraft.errors import InterruptedRunError, StagecraftError, StepFailedError
from stagecraft.model.events import HostChanged, Note, ReleaseFinished, ReleaseStarted
from stagecraft.model.fate import verdict
from stagecraft.model.outcome import Outcome
from stagecraft.model.phase import HostStatus, Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.policy import OnFailure
from stagecraft.model.release import HostRecord, Release
from stagecraft.model.step import Destroy, Pull, Rollout, Step

Settle = Callable[[Release], Release]
"""Makes the texts final once every image is known (`compose.pin`)."""

WayBack = Callable[[str], tuple[Rollout, str] | None]
"""The goal that brings a host back to the current release, and its text; None if there is none."""


InTheWay = Callable[[Release], tuple[str, ...]]
"""The migrations of this release that the current one does not run on: hosts must not go back across them."""


def _no_way_back(_host: str) -> None:
    """Say that there is nothing to go back to."""


def _nothing_in_the_way(_release: Release) -> tuple[str, ...]:
    """Say that no migration keeps hosts from going back."""
    return ()


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
        way_back: WayBack = _no_way_back,
        in_the_way: InTheWay = _nothing_in_the_way,
        shield: Shield = nullcontext,
    ) -> None:
        self._clock = clock
        self._observer = observer
        self._settle = settle
        self._way_back = way_back
        self._in_the_way = in_the_way
        self._journal = Journal(release, session=session, clock=clock, observer=observer, shield=shield)
        self._crew = Crew(runner=runner, clock=clock, observer=observer, change=self._journal.change)

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
            self._crew.stop()
            self._journal.interrupt(stop.message)
            raise
        except BaseException:
            self._crew.stop()
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
        steps = self._to_do(phase)
        if phase is Phase.FINALIZE:
            self._journal.complete(phase, ReleaseStatus.COMPLETED)
            self._best_effort(steps, self._deadline(phase))
            return
        try:
            self._waves(steps, self._deadline(phase))
        except StepFailedError as failure:
            stays: tuple[str, ...] = ()
            if phase is Phase.ROLLOUT and self._journal.release.plan.on_failure is OnFailure.REVERT:
                stays = self._in_the_way(self._journal.release)
                if not stays:
                    self._revert()
            self._journal.fail(phase, failure)
            raise verdict(self._journal.release, phase, failure, stays) from failure
        except StagecraftError:
            raise
        except Exception as bug:
            self._journal.fail(phase, StepFailedError(f"internal error: {type(bug).__name__}"))
            raise
        self._journal.complete(phase)

    def _to_do(self, phase: Phase) -> tuple[Step, ...]:
        """Return the steps of a phase; hosts that an earlier run has finished are left alone."""
        release = self._journal.release
        done = {name for name, host in release.hosts.items() if host.status.finished}
        return tuple(
            step
            for step in release.plan.of(phase)
            if not (isinstance(step, Pull | Rollout) and step.host in done)
        )

    def _deadline(self, phase: Phase) -> float:
        return self._clock.monotonic() + self._journal.release.plan.timeouts[phase]

    def _waves(self, steps: Sequence[Step], deadline: float) -> None:
        """Run wave after wave; the failure raised is the first in plan order."""
        plan = self._journal.release.plan
        failures: list[StepFailedError] = []
        begun = False
        for wave in _by_wave(steps):
            hosts = isinstance(wave[0], Rollout)
            if failures and not hosts:  # `continue` goes on with other hosts, with nothing else
                break
            if begun and hosts and plan.pause:
                self._clock.sleep(plan.pause)
            begun = begun or hosts
            failed = self._wave(wave, deadline)
            failures += [failed[place] for place in sorted(failed)]
            hosts_only = all(isinstance(wave[place], Rollout) for place in failed)
            if failures and not (hosts_only and plan.on_failure is OnFailure.CONTINUE):
                break
        if failures:
            raise failures[0]

    def _wave(self, steps: Sequence[Step], deadline: float) -> dict[int, StepFailedError]:
        """Run the steps of one wave together; return what failed, by place. All end, all are recorded."""
        begun = [step.host for step in steps if isinstance(step, Rollout | Destroy)]
        self._host_statuses(dict.fromkeys(begun, HostStatus.RUNNING))
        failed: dict[int, StepFailedError] = {}
        for place, ended in self._crew.together(steps, self._journal.release, deadline):
            if isinstance(ended, Outcome):
                self._journal.change(partial(_merged, outcome=ended))
                self._tell_hosts({name: host.status for name, host in ended.hosts.items()})
                continue
            failed[place] = ended
            if isinstance(steps[place], Rollout | Destroy):
                self._host_statuses(
                    {steps[place].host: HostStatus.FAILED},
                    error=ended.message,
                    log=ended.log,
                    actions=ended.actions,
                )
        return failed

    def _revert(self) -> None:
        """Bring back every host whose rollout began; one that cannot go back keeps its status."""
        touched = (HostStatus.UPDATED, HostStatus.FAILED)
        hosts = self._journal.release.hosts.items()
        ways = [self._way_back(name) for name, host in sorted(hosts) if host.status in touched]
        goals = [way for way in ways if way is not None]
        texts = {step.text: text for step, text in goals}
        self._journal.change(lambda release: release.model_copy(update={"texts": {**release.texts, **texts}}))
        steps = [step for step, _ in goals]
        for place, ended in self._crew.together(steps, self._journal.release, self._deadline(Phase.ROLLOUT)):
            name = steps[place].host
            if isinstance(ended, Outcome):
                self._host_statuses({name: HostStatus.REVERTED}, text=steps[place].text)
            else:
                self._host_statuses(
                    {name: HostStatus.FAILED}, error=f"going back failed too: {ended.message}", log=ended.log
                )

    def _best_effort(self, steps: Iterable[Step], deadline: float) -> None:
        """Run what must not change the outcome, which is on disk already."""
        for step in steps:
            try:
                self._crew.run(step, self._journal.release, deadline, self._journal.change)
            except (StepFailedError, InterruptedRunError) as failure:
                self._observer(Note(text=f"the release has ended, but not all of `finalize`: {failure}"))

    def _host_statuses(self, hosts: Mapping[str, HostStatus], **more: object) -> None:
        self._journal.change(lambda release: _marked(release, hosts, more))
        self._tell_hosts(hosts)

    def _tell_hosts(self, hosts: Mapping[str, HostStatus]) -> None:
        for name, status in hosts.items():
            self._observer(HostChanged(host=name, status=status))


def _by_wave(steps: Iterable[Step]) -> Iterator[list[Step]]:
    for _, wave in groupby(sorted(steps, key=lambda step: step.wave), key=lambda step: step.wave):
        yield list(wave)


def _with_host(release: Release, name: str, changes: Mapping[str, object]) -> Release:
    host = release.hosts.get(name, HostRecord())
    return release.with_hosts({name: host.model_copy(update=dict(changes))})


def _marked(release: Release, hosts: Mapping[str, HostStatus], more: Mapping[str, object]) -> Release:
    for name, status in hosts.items():
        release = _with_host(release, name, {"status": status, **more})
    return release


def _merged(release: Release, outcome: Outcome) -> Release:
    """Add what a step brought about; a host keeps the text it was given before the rollout."""
    for name, host in outcome.hosts.items():
        learned = {"status": host.status, "actions": host.actions, "running": host.running, "log": host.log}
        release = _with_host(release, name, learned)
    return release.model_copy(update={"images": {**release.images, **outcome.images}})
