"""The fate of each phase, decided in one place."""

import threading

import pytest

from stagecraft.engine.executor import Executor, WayBack
from stagecraft.errors import (
    InterruptedRunError,
    MixedHostsError,
    PhaseFailedError,
    StepFailedError,
    StoreError,
)
from stagecraft.model.events import PhaseChanged, ReleaseFinished, ReleaseStarted
from stagecraft.model.fate import interrupted
from stagecraft.model.hook import HookRecord, Side
from stagecraft.model.outcome import Outcome
from stagecraft.model.phase import Because, HostStatus, Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.policy import OnFailure
from stagecraft.model.release import HostRecord, Release
from stagecraft.model.step import Hook, Pull, Rollout, Step
from tests.fakes import (
    START,
    FakeClock,
    RecordingObserver,
    RecordingRunner,
    RecordingSession,
    a_plan,
    a_release,
)

PLANNED = {"migrate_pre": "skipped", "migrate_post": "skipped"}


class Run:
    """One executor with everything around it recorded."""

    def __init__(
        self, runner: RecordingRunner, release: Release | None = None, way_back: WayBack = lambda name: None
    ) -> None:
        self.clock = FakeClock()
        self.runner = runner
        self.session = RecordingSession()
        self.observer = RecordingObserver()
        self.settled: list[Phase] = []
        self.executor = Executor(
            self.session.create(release or a_release()),
            runner=runner,
            session=self.session,
            clock=self.clock,
            observer=self.observer,
            settle=self._settle,
            way_back=way_back,
        )

    def _settle(self, release: Release) -> Release:
        return release.model_copy(update={"texts": {"final": "text"}})

    @property
    def last(self) -> Release:
        return self.session.revisions[-1]

    def statuses(self) -> dict[str, str]:
        return {record.name.value: record.status.value for record in self.last.phases}


def failing(kind: str) -> RecordingRunner:
    def behaviour(step: Step, _release: Release) -> None:
        if step.kind == kind:
            raise StepFailedError(f"{kind} broke", log=("last words",))

    return RecordingRunner(behaviour)


def test_all_phases_run_once_and_in_order() -> None:
    run = Run(RecordingRunner())
    finished = run.executor.execute()
    assert run.runner.kinds == ["build", "push", "rollout", "prune"]
    assert run.statuses() == {
        "build": "completed",
        "push": "completed",
        "rollout": "completed",
        "finalize": "completed",
        **PLANNED,
    }
    assert finished.status is ReleaseStatus.COMPLETED
    assert finished == run.last


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("build", ["failed", "skipped", "skipped", "skipped", "skipped", "skipped"]),
        ("push", ["completed", "failed", "skipped", "skipped", "skipped", "skipped"]),
        ("rollout", ["completed", "completed", "skipped", "failed", "skipped", "skipped"]),
    ],
)
def test_a_failed_phase_skips_every_later_phase(kind: str, expected: list[str]) -> None:
    run = Run(failing(kind))
    with pytest.raises(PhaseFailedError, match=f"{kind} broke") as caught:
        run.executor.execute()
    assert list(run.statuses().values()) == expected
    assert (caught.value.exit_code, caught.value.log) == (5, ("last words",))
    assert run.last.status is ReleaseStatus.FAILED
    finalize = run.last.phase(Phase.FINALIZE)
    assert (finalize.reason, finalize.because) == (f"{kind} failed", Because.FAILURE)


def test_running_is_durable_before_the_first_effect_of_a_phase() -> None:
    seen: list[PhaseStatus] = []
    run = Run(RecordingRunner(lambda step, _: seen.append(run.last.phase(step.phase).status)))
    run.executor.execute()
    assert seen == [*[PhaseStatus.RUNNING] * 3, PhaseStatus.COMPLETED]  # the last is the clean-up


def test_the_outcome_is_recorded_before_anything_is_cleaned_up() -> None:
    seen: list[ReleaseStatus] = []
    run = Run(RecordingRunner(lambda step, _: seen.append(run.last.status) if step.kind == "prune" else None))
    run.executor.execute()
    assert seen == [ReleaseStatus.COMPLETED]


def test_a_failed_clean_up_changes_nothing_about_the_outcome() -> None:
    run = Run(failing("prune"))
    assert run.executor.execute().status is ReleaseStatus.COMPLETED


def test_the_texts_are_final_and_recorded_before_the_rollout_begins() -> None:
    run = Run(RecordingRunner())
    run.executor.execute()
    rollout = next(r for s, r in zip(run.runner.ran, run.runner.seen, strict=True) if s.kind == "rollout")
    assert rollout.texts == {"final": "text"}
    assert any(r.texts and not r.phase(Phase.ROLLOUT).started_at for r in run.session.revisions)


def test_the_text_a_host_was_given_survives_what_the_rollout_reports() -> None:
    release = a_release()
    given = release.hosts["local"].model_copy(update={"text": "sha256:final"})
    run = Run(RecordingRunner(), release.with_hosts({"local": given}))
    run.executor.execute()
    assert run.last.hosts["local"].text == "sha256:final"


def test_every_host_of_a_wave_ends_and_the_first_in_plan_order_is_the_error() -> None:
    def behaviour(step: Step, _release: Release) -> None:
        if isinstance(step, Rollout) and step.host in ("b", "c"):
            raise StepFailedError(f"{step.host} broke")

    run = Run(RecordingRunner(behaviour), a_release(a_plan(hosts=("a", "b", "c"))))
    with pytest.raises(PhaseFailedError, match="b broke"):
        run.executor.execute()
    assert {name: host.status for name, host in run.last.hosts.items()} == {
        "a": HostStatus.UPDATED,
        "b": HostStatus.FAILED,
        "c": HostStatus.FAILED,
    }


def test_a_wave_waits_for_the_one_before_it_and_a_failed_one_leaves_the_rest_untouched() -> None:
    plan = a_plan(hosts=("a", "b"))
    steps = tuple(
        step.model_copy(update={"wave": 1}) if isinstance(step, Rollout) and step.host == "b" else step
        for step in plan.steps
    )

    def behaviour(step: Step, _release: Release) -> None:
        if isinstance(step, Rollout) and step.host == "a":
            raise StepFailedError("a broke")

    run = Run(RecordingRunner(behaviour), a_release(plan.model_copy(update={"steps": steps})))
    with pytest.raises(PhaseFailedError):
        run.executor.execute()
    assert run.last.hosts["b"].status is HostStatus.UNTOUCHED


def test_the_steps_of_a_wave_run_together() -> None:
    meeting = threading.Barrier(2, timeout=60)

    def behaviour(step: Step, _release: Release) -> Outcome | None:
        if isinstance(step, Rollout):
            meeting.wait()  # breaks after 5 s if they run one after the other
        return None

    run = Run(RecordingRunner(behaviour), a_release(a_plan(hosts=("a", "b"))))
    run.executor.execute()
    assert run.runner.kinds.count("rollout") == 2


def test_an_interrupted_run_is_recorded_with_the_phase_it_was_in() -> None:
    def behaviour(step: Step, _release: Release) -> None:
        if step.kind == "push":
            raise InterruptedRunError(15, "stopped by SIGTERM")

    run = Run(RecordingRunner(behaviour))
    with pytest.raises(InterruptedRunError):
        run.executor.execute()
    assert run.statuses()["push"] == "interrupted"
    assert run.statuses()["rollout"] == "skipped"
    assert run.last.status is ReleaseStatus.INTERRUPTED
    assert run.last.phase(Phase.PUSH).error == "stopped by SIGTERM"
    assert run.runner.cancelled.is_set()


def test_a_store_that_refuses_stops_the_run_and_what_is_under_way() -> None:
    run = Run(RecordingRunner())
    run.session.refuse_after = 3
    with pytest.raises(StoreError, match="no space left"):
        run.executor.execute()
    assert run.runner.cancelled.is_set()
    assert "rollout" not in run.runner.kinds


def test_events_follow_the_record_and_end_with_the_finished_release() -> None:
    run = Run(RecordingRunner())
    run.executor.execute()
    phases = [(e.phase.value, e.status.value) for e in run.observer.events if isinstance(e, PhaseChanged)]
    assert phases == [
        ("build", "running"),
        ("build", "completed"),
        ("push", "running"),
        ("push", "completed"),
        ("migrate_pre", "skipped"),
        ("rollout", "running"),
        ("rollout", "completed"),
        ("migrate_post", "skipped"),
        ("finalize", "running"),
        ("finalize", "completed"),
    ]
    assert isinstance(run.observer.events[0], ReleaseStarted)
    last = run.observer.events[-1]
    assert isinstance(last, ReleaseFinished)
    assert last.release == run.last


def three_waves(on_failure: OnFailure | None, **fields: object) -> Release:
    """Return a release over hosts a, b, c: one wave each."""
    plan = a_plan(hosts=("a", "b", "c"))
    number = {"a": 1, "b": 2, "c": 3}
    steps = tuple(
        step.model_copy(update={"wave": number[step.host]}) if isinstance(step, Rollout) else step
        for step in plan.steps
    )
    return a_release(plan.model_copy(update={"steps": steps, "on_failure": on_failure, **fields}))


def breaking(*hosts: str) -> RecordingRunner:
    def behaviour(step: Step, _release: Release) -> None:
        if isinstance(step, Rollout) and step.host in hosts and "back" not in step.cause:
            raise StepFailedError(f"{step.host} broke")

    return RecordingRunner(behaviour)


def back(host: str) -> tuple[Rollout, str]:
    goal = Rollout(host=host, compose_project="shop-demo", text="sha256:old", cause="back to demo-1")
    return goal, "services: {}"


def hosts_of(release: Release) -> dict[str, str]:
    return {name: host.status.value for name, host in release.hosts.items()}


def test_stop_leaves_the_rest_untouched_and_says_which_host_is_on_what() -> None:
    run = Run(breaking("b"), three_waves(OnFailure.STOP))
    with pytest.raises(MixedHostsError, match=r"on 1\.0: a; not: b \(failed\), c \(untouched\)") as caught:
        run.executor.execute()
    assert hosts_of(run.last) == {"a": "updated", "b": "failed", "c": "untouched"}
    assert caught.value.exit_code == 8


def test_stop_before_anything_was_switched_is_an_ordinary_failure() -> None:
    run = Run(breaking("a"), three_waves(OnFailure.STOP))
    with pytest.raises(PhaseFailedError) as caught:
        run.executor.execute()
    assert caught.value.exit_code == 5


def test_continue_goes_on_with_the_other_hosts() -> None:
    run = Run(breaking("a", "c"), three_waves(OnFailure.CONTINUE))
    with pytest.raises(MixedHostsError, match="a broke"):
        run.executor.execute()
    assert hosts_of(run.last) == {"a": "failed", "b": "updated", "c": "failed"}


def hook(when: Side, wave: int) -> Hook:
    return Hook(phase=Phase.ROLLOUT, name="smoke", when=when, command=("x",), cause="c", wave=wave)


def with_smoke(release: Release) -> Release:
    """Return the release with a hook after the last host."""
    steps = (*release.plan.steps, hook(Side.AFTER, 9))
    return release.model_copy(update={"plan": release.plan.model_copy(update={"steps": steps})})


def test_continue_goes_on_with_hosts_only_and_a_hook_after_them_does_not_run() -> None:
    runner = breaking("a")
    with pytest.raises(MixedHostsError, match="a broke"):
        Run(runner, with_smoke(three_waves(OnFailure.CONTINUE))).executor.execute()
    assert ["a", "b", "c"] == [step.host for step in runner.ran if isinstance(step, Rollout)]
    assert "hook" not in runner.kinds


def test_a_failed_hook_after_the_hosts_takes_them_back_as_a_failed_host_would() -> None:
    run = Run(failing("hook"), with_smoke(three_waves(OnFailure.REVERT)), way_back=back)
    with pytest.raises(PhaseFailedError, match="`rollout` failed: hook broke") as caught:
        run.executor.execute()
    assert {"a": "reverted", "b": "reverted", "c": "reverted"} == hosts_of(run.last)
    assert 5 == caught.value.exit_code


def test_a_failed_hook_that_leaves_every_host_on_the_new_release_says_so() -> None:
    run = Run(failing("hook"), with_smoke(a_release()))
    with pytest.raises(MixedHostsError, match=r"hook broke; on 1\.0: local$"):
        run.executor.execute()


def test_there_is_no_pause_before_a_hook() -> None:
    run = Run(RecordingRunner(), with_smoke(three_waves(OnFailure.STOP, pause=60)))
    run.executor.execute()
    assert 120 <= run.clock.seconds < 180


def test_a_hook_that_nobody_saw_end_is_interrupted_with_its_phase() -> None:
    began = a_release().with_hook(0, HookRecord(name="smoke", phase=Phase.ROLLOUT, when=Side.AFTER))
    ended = interrupted(began, "stopped by SIGTERM", START)
    assert [("interrupted", "interrupted")] == [(one.status.value, one.error) for one in ended.hooks]


def test_revert_brings_back_every_host_that_was_begun() -> None:
    run = Run(breaking("b"), three_waves(OnFailure.REVERT), way_back=back)
    with pytest.raises(PhaseFailedError, match="b broke") as caught:
        run.executor.execute()
    assert hosts_of(run.last) == {"a": "reverted", "b": "reverted", "c": "untouched"}
    assert caught.value.exit_code == 5
    assert run.last.hosts["b"].error == "b broke"
    assert run.last.text_of("b") == "services: {}"
    assert run.last.header().undone


def test_a_host_that_cannot_go_back_stays_on_the_new_release_and_is_named() -> None:
    run = Run(breaking("b"), three_waves(OnFailure.REVERT), way_back=lambda name: None)
    with pytest.raises(MixedHostsError, match=r"on 1\.0: a"):
        run.executor.execute()


def test_a_host_that_fails_to_go_back_says_so() -> None:
    def behaviour(step: Step, _release: Release) -> None:
        if isinstance(step, Rollout) and (step.host == "b" or "back" in step.cause):
            raise StepFailedError(f"{step.host} broke")

    run = Run(RecordingRunner(behaviour), three_waves(OnFailure.REVERT), way_back=back)
    with pytest.raises(PhaseFailedError):
        run.executor.execute()
    assert run.last.hosts["a"].error == "going back failed too: a broke"


def test_a_failed_pull_touches_no_host_whatever_the_policy() -> None:
    release = three_waves(OnFailure.CONTINUE)
    pulls = tuple(Pull(host=name, cause="before anything is touched") for name in ("a", "b", "c"))
    plan = release.plan.model_copy(update={"steps": pulls + release.plan.rollouts})

    def behaviour(step: Step, _release: Release) -> None:
        if isinstance(step, Pull) and step.host == "c":
            raise StepFailedError("no such image")

    run = Run(RecordingRunner(behaviour), release.model_copy(update={"plan": plan}))
    with pytest.raises(PhaseFailedError, match="no such image"):
        run.executor.execute()
    assert set(hosts_of(run.last).values()) == {"untouched"}


def test_a_host_that_is_on_the_release_already_is_left_alone_but_goes_back_with_the_others() -> None:
    release = three_waves(OnFailure.REVERT)
    release = release.with_hosts({"a": HostRecord(status=HostStatus.UPDATED)})
    run = Run(breaking("c"), release, way_back=back)
    with pytest.raises(PhaseFailedError):
        run.executor.execute()
    began = [step.host for step in run.runner.ran if isinstance(step, Rollout) and "back" not in step.cause]
    assert ["b", "c"] == began
    assert hosts_of(run.last) == {"a": "reverted", "b": "reverted", "c": "reverted"}


def test_between_waves_there_is_the_pause_the_plan_says() -> None:
    run = Run(RecordingRunner(), three_waves(OnFailure.STOP, pause=30.0))
    before = run.clock.seconds
    run.executor.execute()
    assert run.clock.seconds - before >= 60


def test_a_bug_is_recorded_as_a_failure_and_not_hidden() -> None:
    def behaviour(step: Step, _release: Release) -> None:
        raise ZeroDivisionError

    run = Run(RecordingRunner(behaviour))
    with pytest.raises(ZeroDivisionError):
        run.executor.execute()
    assert run.last.phase(Phase.BUILD).error == "internal error: ZeroDivisionError"


def test_a_host_that_failed_keeps_what_was_done_there_before() -> None:
    def behaviour(step: Step, _release: Release) -> None:
        if isinstance(step, Rollout):
            failure = StepFailedError("`web` failed", log=("no such table",))
            failure.actions = ("create web: it has no container",)
            raise failure

    run = Run(RecordingRunner(behaviour))
    with pytest.raises(PhaseFailedError):
        run.executor.execute()

    host = run.last.hosts["local"]
    assert (HostStatus.FAILED, ("create web: it has no container",), ("no such table",)) == (
        host.status,
        host.actions,
        host.log,
    )
