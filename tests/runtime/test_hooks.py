"""What a hook gets, and what becomes of it (spec/hooks.md)."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stagecraft.config.sources import EnvSource
from stagecraft.errors import StepFailedError
from stagecraft.model.events import Note
from stagecraft.model.hook import HookRecord, OnHookFailure, Side
from stagecraft.model.phase import Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.release import Release
from stagecraft.model.step import Hook
from stagecraft.runtime.hooks import Hooks
from stagecraft.runtime.process import RunCancelledError
from tests.fakes import START, a_release
from tests.runtime.doors import PATH, Door

TELL = "import json, os; print(json.dumps(dict(os.environ)))"


class Ran:
    """Hooks of one release, with everything around them kept."""

    def __init__(self, folder: Path, secrets: dict[str, str] | None = None) -> None:
        self.door = Door(secrets)
        self.release = a_release()
        self.revisions: list[Release] = []
        self.hooks = Hooks(
            processes=self.door.processes,
            observer=self.door.events.append,
            now=lambda: START,
            folder=folder,
            environ={"PATH": PATH, "CI": "yes", "ORIGIN": "hidden one", "TOKEN": "hidden two"},
            sources={"TOKEN": EnvSource(env="TOKEN"), "OTHER": EnvSource(env="ORIGIN")},
            secrets=secrets or {},
        )

    def run(self, step: Hook, seconds: float = 30) -> None:
        self.hooks(step, self.release, self.door.clock.monotonic() + seconds, self._record)

    def _record(self, edit: Callable[[Release], Release]) -> None:
        self.release = edit(self.release)
        self.revisions.append(self.release)

    @property
    def statuses(self) -> list[list[str]]:
        return [[record.status.value for record in release.hooks] for release in self.revisions]

    @property
    def last(self) -> HookRecord:
        return self.release.hooks[-1]

    @property
    def notes(self) -> list[str]:
        return [event.text for event in self.door.events if isinstance(event, Note)]


def hook(*command: str, **more: object) -> Hook:
    given = {"name": "smoke", "when": Side.AFTER, "phase": Phase.ROLLOUT, "cause": "after rollout", **more}
    return Hook.model_validate({**given, "command": command})


def test_a_hook_knows_the_release_and_no_secret_that_it_did_not_ask_for(tmp_path: Path) -> None:
    ran = Ran(tmp_path, {"TOKEN": "t0ken-5150"})
    ran.run(hook(sys.executable, "-S", "-c", TELL))

    told = json.loads(ran.door.lines[0])
    ours = {name: value for name, value in told.items() if name.startswith("STAGECRAFT_")}
    assert {
        "STAGECRAFT_PROJECT": "shop",
        "STAGECRAFT_ENVIRONMENT": "demo",
        "STAGECRAFT_RELEASE": "demo-1",
        "STAGECRAFT_VERSION": "1.0",
        "STAGECRAFT_KIND": "deploy",
        "STAGECRAFT_BASE": "",
        "STAGECRAFT_STATUS": "running",
        "STAGECRAFT_PHASE": "rollout",
        "STAGECRAFT_WHEN": "after",
        "STAGECRAFT_HOOK": "smoke",
        "STAGECRAFT_ACTOR": "ada@laptop",
        "STAGECRAFT_MESSAGE": "",
    } == ours
    assert "yes" == told["CI"]
    assert set() == {"TOKEN", "OTHER", "ORIGIN"} & set(told)


def test_a_secret_that_it_asked_for_is_there_and_hidden_where_it_is_printed(tmp_path: Path) -> None:
    ran = Ran(tmp_path, {"TOKEN": "t0ken-5150"})
    ran.run(hook("sh", "-c", 'echo "it is $TOKEN"; echo $TOKEN > seen', secrets=("TOKEN",)))
    assert ["it is ***TOKEN***"] == ran.door.lines
    assert "t0ken-5150\n" == (tmp_path / "seen").read_text()


def test_it_is_recorded_before_it_runs_and_when_it_has_ended(tmp_path: Path) -> None:
    ran = Ran(tmp_path)
    ran.run(hook("true"))
    assert [["running"], ["completed"]] == ran.statuses
    assert (Side.AFTER, Phase.ROLLOUT, START) == (ran.last.when, ran.last.phase, ran.last.finished_at)


def test_one_that_fails_fails_its_phase_with_its_last_lines(tmp_path: Path) -> None:
    ran = Ran(tmp_path)
    with pytest.raises(StepFailedError, match=r"^hook `smoke` failed with exit code 3$") as caught:
        ran.run(hook("sh", "-c", "echo no answer; exit 3"))
    assert ("no answer",) == caught.value.log
    assert [["running"], ["failed"]] == ran.statuses
    assert ("hook `smoke` failed with exit code 3", ("no answer",)) == (ran.last.error, ran.last.log)


def test_one_that_may_fail_is_recorded_and_noted_and_nothing_is_raised(tmp_path: Path) -> None:
    ran = Ran(tmp_path)
    ran.run(hook("sh", "-c", "exit 3", on_failure=OnHookFailure.WARN))
    assert [["running"], ["failed"]] == ran.statuses
    assert ["hook `smoke` failed with exit code 3; that is a warning only"] == ran.notes


def test_a_program_that_is_not_there_is_a_failure_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(StepFailedError, match=r"^hook `smoke`: program `\./missing` is not there$") as caught:
        Ran(tmp_path).run(hook("./missing"))
    assert "install it" in caught.value.hint


def test_one_that_is_not_done_in_its_own_time_is_ended(tmp_path: Path) -> None:
    ran = Ran(tmp_path)
    with pytest.raises(StepFailedError, match=r"^hook `smoke`: `sleep` was not done in time$"):
        ran.run(hook("sleep", "60", timeout=0.2))
    assert PhaseStatus.FAILED is ran.last.status


def test_one_that_is_stopped_with_the_run_is_not_a_warning(tmp_path: Path) -> None:
    ran = Ran(tmp_path)
    ran.door.processes.cancel()
    with pytest.raises(RunCancelledError):
        ran.run(hook("true", on_failure=OnHookFailure.WARN))
    assert ([["running"]], []) == (ran.statuses, ran.notes)


def test_after_the_release_has_ended_nothing_is_recorded(tmp_path: Path) -> None:
    ran = Ran(tmp_path)
    ran.release = ran.release.model_copy(update={"status": ReleaseStatus.COMPLETED})
    ran.run(hook("false", phase=Phase.FINALIZE, on_failure=OnHookFailure.WARN))
    assert [] == ran.revisions
    assert ["hook `smoke` failed with exit code 1; that is a warning only"] == ran.notes
