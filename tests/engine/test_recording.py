"""What a step has recorded while it runs: durable before it goes on, written by one thread only."""

import threading
from dataclasses import dataclass, field

import pytest

from stagecraft.engine.executor import Executor
from stagecraft.engine.ports import Record
from stagecraft.errors import (
    PhaseBusyError,
    PhaseFailedError,
    PhaseRefusedError,
    StepBusyError,
    StepFailedError,
    StepRefusedError,
    StoreError,
)
from stagecraft.model.migration import MigrationRecord, MigrationStatus, When
from stagecraft.model.outcome import Outcome
from stagecraft.model.phase import PhaseStatus
from stagecraft.model.policy import OnFailure
from stagecraft.model.release import Release
from stagecraft.model.step import Rollout, Step
from tests.fakes import FakeClock, RecordingObserver, RecordingSession, a_plan, a_release

STARTED = MigrationRecord(name="schema", engine="sql", when=When.PRE, status=MigrationStatus.STARTED)


class ThreadedSession(RecordingSession):
    """Knows which thread wrote each revision."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def update(self, release: Release) -> None:
        super().update(release)
        self.threads.add(threading.get_ident())


@dataclass
class Asking:
    """A runner whose first step has something recorded, then ends as it is told."""

    session: ThreadedSession
    end: StepFailedError | None = None
    durable: list[tuple[MigrationRecord, ...]] = field(default_factory=list)

    def run(self, step: Step, release: Release, deadline: float, record: Record) -> Outcome:
        record(lambda now: now.with_migration(0, STARTED))
        self.durable.append(self.session.revisions[-1].migrations)
        if self.end:
            raise self.end
        return Outcome()

    def cancel(self) -> None:
        return


def run(runner: Asking, release: Release | None = None, **more: object) -> Release:
    return Executor(
        runner.session.create(release or a_release()),
        runner=runner,
        session=runner.session,
        clock=FakeClock(),
        observer=RecordingObserver(),
        settle=lambda settled: settled,
        **more,  # type: ignore[arg-type]
    ).execute()


def test_what_a_step_has_recorded_is_durable_before_it_goes_on() -> None:
    runner = Asking(ThreadedSession())
    run(runner)
    assert {(STARTED,)} == set(runner.durable)


def test_only_the_thread_of_the_executor_writes() -> None:
    runner = Asking(ThreadedSession())
    run(runner)
    assert {threading.get_ident()} == runner.session.threads


def test_a_step_is_told_when_the_store_refuses() -> None:
    runner = Asking(ThreadedSession())
    runner.session.refuse_after = 2
    with pytest.raises(StoreError):
        run(runner)
    assert [] == runner.durable


@pytest.mark.parametrize(
    ("failure", "expected"),
    [(StepRefusedError("ask"), PhaseRefusedError), (StepBusyError("wait"), PhaseBusyError)],
)
def test_a_refusal_and_a_busy_database_keep_their_exit_codes(
    failure: StepFailedError, expected: type[PhaseFailedError]
) -> None:
    runner = Asking(ThreadedSession(), failure)
    with pytest.raises(expected) as caught:
        run(runner)
    assert failure.exit_code == caught.value.exit_code
    assert PhaseStatus.FAILED is runner.session.revisions[-1].phases[0].status


def test_hosts_do_not_go_back_across_what_the_old_version_does_not_run_on() -> None:
    plan = a_plan(hosts=("a", "b"), base="demo-0")
    steps = tuple(step for step in plan.steps if isinstance(step, Rollout))
    release = a_release(plan.model_copy(update={"steps": steps, "on_failure": OnFailure.REVERT}))
    gone_back: list[str] = []

    def way_back(host: str) -> None:
        gone_back.append(host)

    runner = Asking(ThreadedSession(), StepFailedError("a broke"))
    with pytest.raises(PhaseFailedError) as caught:
        run(runner, release, way_back=way_back, in_the_way=lambda _: ("`schema`",))
    assert (8, []) == (caught.value.exit_code, gone_back)
    assert "does not run on what these migrations did: `schema`" in caught.value.message
    assert "--with-migrations" in caught.value.hint
    assert "--accept-schema" in caught.value.hint
