"""Standard error as log records (stagecraft/cli/render/log_json.py)."""

import io
import json

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.app.trace import Trace
from stagecraft.cli.render.log_json import LogRecords, LogView
from stagecraft.cli.telemetry import Telemetry
from stagecraft.cli.terminal import Terminal
from stagecraft.errors import ConfigError, PhaseFailedError
from stagecraft.model.events import Event, Note
from tests.cli import scenes
from tests.fakes import START


def written(events: list[Event], least: str) -> str:
    """Return what the events leave on standard error, in a trace with ids 1, 2, 3 …"""
    telemetry, numbers = Telemetry({}), iter(range(1, 100))
    seconds = START.timestamp() + 0.25
    telemetry.trace = Trace(lambda: seconds, lambda size: f"{next(numbers):0{2 * size}x}")
    terminal = Terminal(out=io.StringIO(), err=io.StringIO(), environ={})
    terminal.records = LogRecords(telemetry, lambda: seconds)
    view = LogView(terminal, terminal.records, least)
    for event in events:
        telemetry.take(event)
        view(event)
    return terminal.err.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("least", ["debug", "info", "warn"])
def test_a_run_is_told_down_to_a_level(least: str, golden: SnapshotAssertion) -> None:
    assert golden == written(scenes.events(scenes.completed()), least)


def test_a_failed_run_is_told_with_its_error(golden: SnapshotAssertion) -> None:
    assert golden == written(scenes.events(scenes.failed_build()), "info")


def records() -> LogRecords:
    return LogRecords(Telemetry({}), START.timestamp)


def test_outside_of_a_run_there_is_no_trace() -> None:
    expected = {"time": "2026-11-20T08:00:00.000Z", "level": "info", "message": "saved"}
    assert expected == json.loads(records().line("info", "saved"))


def test_an_error_has_its_hint_its_exit_code_and_the_last_lines() -> None:
    error = PhaseFailedError("`build` failed", hint="mend it", place="web", log=("one\x1b[31m", "two"))
    expected = {
        "time": "2026-11-20T08:00:00.000Z",
        "level": "error",
        "message": "web: `build` failed",
        "hint": "mend it",
        "exit_code": 5,
        "log": ["one", "two"],
    }
    assert expected == json.loads(records().error(error, 5))
    assert "log" not in json.loads(records().error(ConfigError("x"), 2))


def test_a_record_is_one_line_whatever_is_said() -> None:
    line = records().event(Note(text="one\ntwo\x1b[2J\u2028three"))
    assert "one\ntwo\\u2028three" == json.loads(line)["message"]
    assert 1 == len(line.splitlines())
