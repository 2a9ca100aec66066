"""A stand-in for the use cases, and a way to type a command line without a process."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stagecraft.app import Listed, ReleaseDifference, Where
from stagecraft.app.doctor import Diagnosis
from stagecraft.app.known import Kind
from stagecraft.app.requests import (
    DeployRequest,
    DestroyRequest,
    ExecRequest,
    LogsRequest,
    MigrateRequest,
    MigrationState,
    PipelineFacts,
    RollbackRequest,
)
from stagecraft.app.start import Answers, Started
from stagecraft.app.survey import Survey
from stagecraft.cli.invocation import Invocation
from stagecraft.cli.main import run
from stagecraft.cli.terminal import Terminal
from stagecraft.engine.ports import Observer
from stagecraft.errors import ConfigError
from stagecraft.model.events import Event
from stagecraft.model.holder import Holder
from stagecraft.model.phase import ReleaseStatus
from stagecraft.model.plan import Plan
from stagecraft.model.plan_file import load
from stagecraft.model.release import Release
from stagecraft.model.standing import Standing
from tests.cli import scenes


@dataclass
class FakeApp:
    """Answers with what it was given, raises `error` if there is one, and keeps what it was asked."""

    known: tuple[Release, ...] = ()
    current_id: str | None = None
    made: Plan = field(default_factory=scenes.plan)
    happens: Sequence[Event] = ()
    error: BaseException | None = None
    problems: list[str] = field(default_factory=list)
    held_by: Holder | None = None
    diagnosis: Diagnosis = field(default_factory=lambda: Diagnosis((), None))
    states: tuple[MigrationState, ...] = ()
    standing: Standing = field(
        default_factory=lambda: Standing(environment="demo", release=None, version=None, hosts=())
    )
    differs: ReleaseDifference = field(
        default_factory=lambda: ReleaseDifference(a="demo-1", b="demo-2", texts={}, images={}, variables={})
    )
    shortcuts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    surveyed: Survey | None = None
    started: Started = field(default_factory=lambda: Started(("`stagecraft.yml`",), (), None))
    offered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    asked: list[object] = field(default_factory=list)
    observer: Observer | None = None
    where: Where | None = None

    def connect(self, where: Where, observer: Observer) -> "FakeApp":
        self.where, self.observer = where, observer
        return self

    def config_check(self) -> list[str]:
        self._ask("config_check")
        return ["`stagecraft.yml` is valid", "environments: demo, prod (protected)"]

    def config_schema(self) -> dict[str, Any]:
        self._ask("config_schema")
        return {"title": "stagecraft.yml"}

    def config_render(self, env: str | None, host: str | None, version: str | None) -> str:
        self._ask(("config_render", env, host, version))
        return scenes.TEXT

    def plan(self, request: DeployRequest) -> Plan:
        self._ask(request)
        return self.made

    def load_plan(self, path: Path) -> Plan:
        assert self.where is not None
        return load((self.where.cwd / path).read_text())

    def deploy(self, request: DeployRequest) -> Release:
        return self._run(request)

    def rollback_plan(self, request: RollbackRequest) -> Plan:
        self._ask(request)
        return self.made

    def rollback(self, request: RollbackRequest) -> Release:
        return self._run(request)

    def migrate_plan(self, request: MigrateRequest) -> Plan:
        self._ask(request)
        return self.made

    def migrate(self, request: MigrateRequest) -> Release:
        return self._run(request)

    def migrations(self, env: str | None) -> Sequence[MigrationState]:
        self._ask(("migrations", env))
        return self.states

    def releases(self, env: str | None, limit: int, status: ReleaseStatus | None) -> tuple[Listed, ...]:
        self._ask(("releases", env, limit, status))
        headers = [one.header() for one in self.known if status in (None, one.status)]
        return tuple(Listed(header, current=header.id == self.current_id) for header in headers[:limit])

    def release(self, id: str) -> Release:  # noqa: A002
        self._ask(("release", id))
        for one in self.known:
            if one.id == id:
                return one
        raise ConfigError(f"there is no release `{id}`", hint="did you mean `demo-2`?")

    def current(self, env: str) -> str | None:
        return self.current_id

    def difference(self, a: str, b: str) -> ReleaseDifference:
        self._ask(("difference", a, b))
        return self.differs

    def verify(self, env: str | None) -> list[str]:
        self._ask(("verify", env))
        return self.problems

    def holder(self, env: str | None) -> Holder | None:
        self._ask(("holder", env))
        return self.held_by

    def survey(self, compose: Sequence[str], env: str) -> Survey:
        self._ask(("survey", compose, env))
        assert self.surveyed is not None
        return self.surveyed

    def start(self, found: Survey, answers: Answers) -> Started:
        self._ask(answers)
        return self.started

    def status(self, env: str | None, *, notify: bool = False) -> Standing:
        self._ask(("status", env, notify) if notify else ("status", env))
        return self.standing

    def destroy_plan(self, request: DestroyRequest) -> Plan:
        self._ask(("destroy_plan", request))
        return self.made

    def destroy(self, request: DestroyRequest) -> Release:
        return self._run(request)

    def logs(self, request: LogsRequest) -> None:
        self._run(request)

    def exec(self, request: ExecRequest) -> int:
        self._ask(request)
        return 7

    def doctor(self, env: str | None) -> Diagnosis:
        self._ask(("doctor", env))
        return self.diagnosis

    def aliases(self) -> Mapping[str, Sequence[str]]:
        self._ask("aliases")
        return self.shortcuts

    def names(self, kind: Kind, env: str | None) -> Sequence[str]:
        return self.offered.get(kind, ())

    def pipeline_facts(self, env: str | None) -> PipelineFacts:
        self._ask(("pipeline_facts", env))
        return PipelineFacts(env or "demo", ("DATABASE_PASSWORD", "SMTP_TOKEN"))

    def _ask(self, question: object) -> None:
        self.asked.append(question)
        if self.error is not None:
            raise self.error

    def _run(self, request: object) -> Release:
        """Tell the events, then fail if the story is one of failure."""
        self.asked.append(request)
        assert self.observer is not None
        for event in self.happens:
            self.observer(event)
        if self.error is not None:
            raise self.error
        return self.known[0] if self.known else scenes.completed()


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Said:
    """What a command line left behind."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n--- standard output\n{self.out}--- standard error\n{self.err}"


def typed(
    line: str | Sequence[str],
    app: FakeApp | None = None,
    *,
    screen: bool = False,
    environ: Mapping[str, str] | None = None,
    cwd: Path = Path("/nowhere"),
    answers: str | None = None,
) -> Said:
    """Run one command line against the fake; on a screen it is 80 columns wide."""
    out, err = (Screen(), Screen()) if screen else (io.StringIO(), io.StringIO())
    around = {"TERM": "xterm", "COLUMNS": "80"} | dict(environ or {})
    terminal = Terminal(out=out, err=err, environ=around, source=None if answers is None else Screen(answers))
    call = Invocation(terminal, environ=around, cwd=cwd, connect=(app or FakeApp()).connect)
    code = run(line.split() if isinstance(line, str) else line, call)
    return Said(code, out.getvalue(), err.getvalue())
