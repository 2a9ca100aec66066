"""A run as a tree of spans (stagecraft/app/trace.py)."""

from collections.abc import Iterator

import pytest

from stagecraft.app.trace import SAME_COMMAND, Trace
from stagecraft.app.trace_parent import TraceParent, parent_of
from stagecraft.engine.executor import Executor
from stagecraft.engine.ports import Observer
from stagecraft.errors import InterruptedRunError, PhaseFailedError, StepFailedError
from stagecraft.model.events import Action, Command, CommandFinished, Event, Note
from stagecraft.model.outcome import Outcome
from stagecraft.model.release import Release
from stagecraft.model.span import Span, SpanTree
from stagecraft.model.step import Rollout, Step
from tests.fakes import Behaviour, FakeClock, RecordingRunner, RecordingSession, a_plan, a_release

HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


HERE = "here"
"""In an event: the host of the step that runs."""


def counting() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


class Run:
    """A trace fed by a real executor; a second passes between two looks at the clock."""

    def __init__(self, parent: TraceParent | None = None) -> None:
        seconds, numbers = counting(), counting()
        self.trace = Trace(
            lambda: 1000.0 + next(seconds), lambda size: f"{next(numbers):0{2 * size}x}", parent
        )
        self.during: list[Event] = []
        """Told when a step runs."""

    def execute(
        self,
        behaviour: Behaviour | None = None,
        *,
        hosts: tuple[str, ...] = ("web-1",),
        observer: Observer | None = None,
    ) -> None:
        def acting(step: Step, release: Release) -> Outcome | None:
            if isinstance(step, Rollout):
                for event in self.during:
                    there = {"host": step.host} if getattr(event, "host", "") == HERE else {}
                    self.trace.take(event.model_copy(update=there))
            return behaviour(step, release) if behaviour else None

        Executor(
            a_release(a_plan(hosts=hosts)),
            runner=RecordingRunner(acting),
            session=RecordingSession(),
            clock=FakeClock(),
            observer=observer or self.trace.take,
            settle=lambda release: release,
        ).execute()

    @property
    def tree(self) -> SpanTree:
        tree = self.trace.tree(0)
        assert tree is not None
        return tree

    @property
    def names(self) -> list[str]:
        return [
            f"{span.name} < {self.by_id[span.parent].name if span.parent else None}"
            for span in self.tree.spans
        ]

    @property
    def by_id(self) -> dict[str | None, Span]:
        return {span.id: span for span in self.tree.spans}

    def span(self, name: str) -> Span:
        return next(span for span in self.tree.spans if span.name == name)


def command(line: str = "docker compose up", code: int | None = 0, host: str = HERE) -> CommandFinished:
    return CommandFinished(line=line, code=code, duration=0.5, host=host)


def fails_on(kind: str) -> Behaviour:
    def behaviour(step: Step, release: Release) -> Outcome | None:
        if step.kind == kind:
            raise StepFailedError(f"{kind} broke")
        return None

    return behaviour


def test_a_run_is_a_tree_of_release_phases_hosts_and_commands() -> None:
    run = Run()
    run.during = [command()]
    run.execute()
    assert [
        "deploy < None",
        "build < deploy",
        "push < deploy",
        "rollout < deploy",
        "finalize < deploy",
        "host local < build",
        "host local < push",
        "host web-1 < rollout",
        "host local < finalize",
        "docker compose < host web-1",
    ] == run.names


def test_every_span_lies_within_its_parent_also_when_that_has_been_told_to_be_over() -> None:
    run = Run()
    run.during = [command()]
    run.execute()
    around = [(span, run.by_id[span.parent]) for span in run.tree.spans if span.parent]
    assert [] == [
        span.name for span, parent in around if not parent.begin <= span.begin <= span.end <= parent.end
    ]


def test_spans_say_what_they_are_about() -> None:
    run = Run()
    run.during = [command("/usr/bin/docker compose up", code=0)]
    run.execute()
    common = {
        "stagecraft.project": "shop",
        "stagecraft.environment": "demo",
        "stagecraft.release": "demo-1",
        "stagecraft.version": "1.0",
        "stagecraft.kind": "deploy",
    }
    inside = {"stagecraft.phase": "rollout", "stagecraft.host": "web-1"}
    about = {"process.command_line": "/usr/bin/docker compose up", "process.exit.code": 0}
    assert common | {"stagecraft.exit_code": 0} == run.span("deploy").attributes
    assert common | {"stagecraft.phase": "rollout"} == run.span("rollout").attributes
    assert common | inside == run.span("host web-1").attributes
    assert common | inside | about == run.span("docker compose").attributes


def test_what_failed_says_why_and_what_did_not_says_nothing() -> None:
    run = Run()
    with pytest.raises(PhaseFailedError):
        run.execute(fails_on("rollout"))
    errors = {span.name: span.error for span in run.tree.spans if span.error is not None}
    assert {"deploy": "rollout broke", "rollout": "rollout broke", "host web-1": "rollout broke"} == errors
    assert "finalize" not in {span.name for span in run.tree.spans}


def test_an_interrupted_run_is_one_that_failed() -> None:
    def stopped(step: Step, release: Release) -> Outcome | None:
        raise InterruptedRunError(15, "stopped by SIGTERM")

    run = Run()
    with pytest.raises(InterruptedRunError):
        run.execute(stopped)
    assert ("stopped by SIGTERM", "stopped by SIGTERM") == (run.span("deploy").error, run.span("build").error)


@pytest.mark.parametrize(
    ("code", "error"),
    [(0, None), (7, "exit code 7"), (-9, "exit code -9"), (None, "it did not end by itself")],
)
def test_a_command_failed_if_it_did_not_end_with_0(code: int | None, error: str | None) -> None:
    run = Run()
    run.during = [command(code=code)]
    run.execute()
    span = run.span("docker compose")
    assert (error, code) == (span.error, span.attributes.get("process.exit.code"))


def test_a_command_belongs_to_its_own_host_also_when_several_are_at_work() -> None:
    run = Run()
    run.during = [command()]
    run.execute(hosts=("web-1", "web-2"))
    commands = [span for span in run.tree.spans if span.name == "docker compose"]
    assert {"host web-1", "host web-2"} == {run.by_id[span.parent].name for span in commands}


def test_a_command_of_no_host_at_work_belongs_to_the_phase_or_to_the_release() -> None:
    run = Run()
    run.trace.take(command("git status"))
    run.during = [command("ssh elsewhere", host="web-9")]
    run.execute()
    assert "git < deploy" in run.names
    assert "ssh < rollout" in run.names


def test_what_was_done_on_a_host_is_an_event_of_its_span() -> None:
    run = Run()
    run.during = [Action(host=HERE, action="replace web", cause="image changed")]
    run.execute()
    (moment,) = run.span("host web-1").moments
    assert ("replace web", {"cause": "image changed"}) == (moment.name, moment.attributes)


def test_the_same_question_again_and_again_is_counted_after_a_while() -> None:
    run = Run()
    run.during = [command("docker ps")] * (SAME_COMMAND + 23)
    run.execute()
    assert SAME_COMMAND == sum(span.name == "docker ps" for span in run.tree.spans)
    assert 23 == run.span("host web-1").attributes["stagecraft.commands_left_out"]


def test_a_run_that_took_no_number_is_no_trace() -> None:
    run = Run()
    run.trace.take(Command(line="git status"))
    run.trace.take(command("git status"))
    assert run.trace.tree(3) is None


def test_an_event_is_known_to_happen_in_the_innermost_span() -> None:
    run = Run()
    seen: list[tuple[str, str]] = []

    def listening(event: Event) -> None:
        run.trace.take(event)
        seen.append((event.event, run.trace.span_of(event)))

    run.execute(observer=listening)
    names = [(event, run.by_id[span].name) for event, span in seen]
    assert ("release_started", "deploy") == names[0]
    assert {"build", "push", "rollout", "finalize", "deploy"} == {n for event, n in names if event == "phase"}
    assert ("host", "host web-1") in names
    assert run.trace.root == run.trace.span_of(Note(text="x")) == run.span("deploy").id


def test_the_trace_is_that_of_who_started_the_run() -> None:
    parent = parent_of({"TRACEPARENT": HEADER, "TRACESTATE": "ci=1"})
    run = Run(parent)
    run.execute()
    assert "0af7651916cd43dd8448eb211c80319c" == run.tree.trace_id
    assert {"traceparent": HEADER, "tracestate": "ci=1"} == run.tree.carrier


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        HEADER.upper(),
        f"{HEADER}-more",
        "ff" + HEADER[2:],
        HEADER.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        HEADER.replace("b7ad6b7169203331", "0" * 16),
    ],
)
def test_what_is_no_parent_is_ignored(header: str) -> None:
    assert parent_of({"TRACEPARENT": header}) is None


def test_a_later_version_of_the_header_may_have_more() -> None:
    parent = parent_of({"TRACEPARENT": "01" + HEADER[2:] + "-more"})
    assert parent is not None
    assert "0af7651916cd43dd8448eb211c80319c" == parent.trace_id
