"""What a run's trace and log records are asked for with (stagecraft/cli/telemetry.py)."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from stagecraft.app.trace import Trace
from stagecraft.cli.options import Format
from stagecraft.cli.render.log_json import LogRecords
from stagecraft.cli.telemetry import Telemetry, wanted
from stagecraft.cli.terminal import Terminal
from stagecraft.cli.watch import watching
from stagecraft.errors import ConfigError, InterruptedRunError, PhaseFailedError
from stagecraft.model.span import SpanTree
from tests.cli import scenes
from tests.cli.fakes import FakeApp, Said, typed
from tests.fakes import START


def records(said: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.err.splitlines()]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "shop"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, False),
        ({"OTEL_SDK_DISABLED": "TRUE", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, False),
        ({"OTEL_SDK_DISABLED": "false", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
    ],
)
def test_only_the_standard_variables_ask_for_a_trace(environ: dict[str, str], expected: bool) -> None:
    assert expected == wanted(environ)


@pytest.mark.parametrize("command", ["deploy", "rollback", "migrate", "destroy --yes"])
def test_every_run_can_be_logged_and_says_on_standard_output_what_it_always_says(command: str) -> None:
    app = FakeApp(happens=scenes.events(scenes.completed()))
    logged = typed(f"{command} --env demo --log-format json", app, screen=True)
    plain = typed(f"{command} --env demo", app)
    assert (0, plain.out) == (logged.code, logged.out)
    assert [] == [record for record in records(logged) if "event" not in record]
    assert "release_finished" == records(logged)[-1]["event"]


def test_the_option_is_also_understood_before_the_command() -> None:
    app = FakeApp(happens=scenes.events(scenes.completed()))
    said = typed("--log-format json deploy --env demo", app)
    assert "demo-2: 1a2b3c4d5e6f to demo" == records(said)[0]["message"]


def test_events_and_records_can_be_had_at_once() -> None:
    app = FakeApp(happens=scenes.events(scenes.completed()))
    said = typed("deploy --env demo --log-format json --format json", app)
    assert json.loads(said.out.splitlines()[0])["event"] == records(said)[0]["event"]


def test_the_error_that_ends_the_command_is_a_record_of_the_trace() -> None:
    error = PhaseFailedError("`build` failed: `web` cannot be built", hint="mend it")
    app = FakeApp(happens=scenes.events(scenes.failed_build()), error=error)
    said = typed("deploy --env demo --log-format json --quiet", app)
    first, *_, last = records(said)
    assert ("error", 5, "mend it", "demo-3") == (
        last["level"],
        last["exit_code"],
        last["hint"],
        last["release"],
    )
    assert first["trace_id"] == last["trace_id"]
    assert {"warn", "error"} >= {record["level"] for record in records(said)}


def test_an_error_before_any_run_is_a_record_too() -> None:
    said = typed("--log-format json plan --env demo", FakeApp(error=ConfigError("no", hint="yes")))
    (record,) = records(said)
    assert {"time", "level", "message", "hint", "exit_code"} == set(record)


class Gone(io.StringIO):
    """A stream whose reader went away."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_reader_of_standard_output_that_went_away_does_not_end_the_log() -> None:
    terminal = Terminal(out=Gone(), err=io.StringIO(), environ={})
    terminal.records = LogRecords(Telemetry({}), START.timestamp)
    with watching(terminal, Format.TEXT, quiet=False, verbose=False) as watch:
        for event in scenes.events(scenes.completed()):
            watch(event)
    last = terminal.err.getvalue().splitlines()[-1]  # type: ignore[attr-defined]
    assert "release_finished" == json.loads(last)["event"]


class Breaking(Trace):
    """A trace that cannot be made into a tree."""

    def __init__(self, error: Exception) -> None:
        super().__init__(START.timestamp, lambda size: "0" * 2 * size)
        self.error = error

    def tree(self, exit_code: int) -> SpanTree | None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InterruptedRunError(2), "note: the trace was not sent: you did not want to wait for it"),
        (KeyError("x"), "internal error: KeyError at test_telemetry.py:"),
    ],
)
def test_whatever_happens_while_it_is_sent_is_told_and_no_more(error: Exception, told: str) -> None:
    said: list[str] = []
    telemetry = Telemetry({"OTEL_TRACES_EXPORTER": "otlp"})
    telemetry.trace = Breaking(error)
    telemetry.end(0, lambda text, _: said.append(text))
    assert [told] == [text[: len(told)] for text in said]
    for kept in re.findall(r"its traceback is in (\S+)", said[0]):
        Path(kept).unlink()
