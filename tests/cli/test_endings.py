"""How every command ends (spec/exit-codes.md)."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from stagecraft.cli.terminal import LostOutputError
from stagecraft.errors import (
    ConfigError,
    InterruptedRunError,
    LockBusyError,
    MixedHostsError,
    PhaseFailedError,
    RefusedError,
    StagecraftError,
    StoreError,
    UnavailableError,
)
from tests.cli.fakes import FakeApp, typed

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StagecraftError("x"), 1),
        (ConfigError("x"), 2),
        (UnavailableError("x"), 3),
        (LockBusyError("x"), 4),
        (PhaseFailedError("x"), 5),
        (RefusedError("x"), 6),
        (StoreError("x"), 7),
        (MixedHostsError("x"), 8),
        (InterruptedRunError(1, "x"), 129),
        (InterruptedRunError(2, "x"), 130),
        (InterruptedRunError(15, "x"), 143),
    ],
)
def test_every_error_has_its_exit_code(error: StagecraftError, code: int) -> None:
    said = typed("deploy --env demo", FakeApp(error=error))
    assert (code, "", "error: x\n") == (said.code, said.out, said.err)


def test_a_closed_pipe_is_silent() -> None:
    said = typed("plan --env demo", FakeApp(error=LostOutputError(BrokenPipeError())))
    assert (141, "", "") == (said.code, said.out, said.err)


def test_output_that_cannot_be_written_is_an_error() -> None:
    said = typed("plan --env demo", FakeApp(error=LostOutputError(OSError(28, "No space left on device"))))
    assert (3, "error: cannot write the output: No space left on device") == (
        said.code,
        said.err.splitlines()[0],
    )


def test_a_bug_ends_with_one_and_without_a_traceback() -> None:
    said = typed("plan --env demo", FakeApp(error=KeyError("s3cret")))
    assert (1, "") == (said.code, said.out)
    assert said.err.startswith("internal error: KeyError at fakes.py:")
    assert "s3cret" not in said.err
    Path(said.err.rsplit(" ", 1)[1].strip()).unlink()


@pytest.mark.parametrize(
    ("line", "message", "path"),
    [
        ("", "missing command", "stagecraft"),
        ("releases", "missing command", "stagecraft releases"),
        ("plan --odd", "no such option: --odd", "stagecraft plan"),
        ("plan --format yaml", "invalid value for '--format'", "stagecraft plan"),
        ("plan --env", "option '--env' requires an argument", "stagecraft plan"),
        ("releases list --limit", "option '--limit' requires an argument", "stagecraft releases list"),
        ("deploy --lock-wait soon", "invalid value for '--lock-wait'", "stagecraft deploy"),
        ("releases diff demo-1", "missing argument 'B'", "stagecraft releases diff"),
    ],
)
def test_what_cannot_be_understood_ends_with_two_and_names_the_help(
    line: str, message: str, path: str
) -> None:
    said = typed(line)
    assert (2, "") == (said.code, said.out)
    assert said.err.startswith(f"error: {message}")
    assert said.err.endswith(f"\nhint: `{path} --help` lists what can be typed\n")


@pytest.mark.parametrize(
    "line",
    [
        "--config a --store b plan",
        "plan --config a --store b",
        "--config x --store y plan --config a --store b",
    ],
)
def test_config_and_store_may_stand_before_or_after_the_command(line: str) -> None:
    app = FakeApp()
    typed(line, app)
    assert app.where is not None
    assert (Path("a"), Path("b")) == (app.where.config, app.where.store)


@pytest.mark.parametrize(("line", "store"), [("plan", "ambient"), ("plan --store typed", "typed")])
def test_the_store_may_be_named_by_the_environment(line: str, store: str) -> None:
    app = FakeApp()
    typed(line, app, environ={"STAGECRAFT_STORE": "ambient"})
    assert app.where is not None
    assert Path(store) == app.where.store


def test_version_is_that_of_the_tool() -> None:
    assert "stagecraft 0.1.0\n" == typed("--version").out


def stagecraft(*arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a real process, with nothing around it that could explain its output."""
    return subprocess.Popen(
        [sys.executable, "-m", "stagecraft", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_reader_that_leaves_early_sees_no_traceback() -> None:
    with stagecraft("--version") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (141, "") == (process.wait(20), process.stderr.read())


def test_a_full_disk_behind_the_output_is_an_error() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with full.open("w") as out:
        process = subprocess.run(
            [sys.executable, "-m", "stagecraft", "--version"],
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            timeout=20,
            check=False,
        )
    assert 3 == process.returncode
    assert "error: cannot write the output: No space left on device\n" in process.stderr


STORY = """
import os, signal, sys, time
from pathlib import Path
from stagecraft.cli import main
from stagecraft.runtime.signals import Signals
from stagecraft.cli.invocation import Invocation
from stagecraft.cli.terminal import Terminal
from tests.cli.fakes import FakeApp

class Waiting(FakeApp):
    def _run(self, request):
        print("ready", flush=True)
        time.sleep(20)

Signals().install()
terminal = Terminal(sys.stdout, sys.stderr, os.environ)
raise SystemExit(main.run(["deploy"], Invocation(terminal, os.environ, Path.cwd(), Waiting().connect)))
"""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_128_and_its_number(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STORY], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "ready\n" == process.stdout.readline()
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert (128 + number, f"error: stopped by {number.name}\n") == (process.returncode, err)


def test_what_is_said_does_not_depend_on_the_locale() -> None:
    texts = set()
    for encoding in ("ascii", "utf-8", "latin-1"):
        process = stagecraft("plan", "--image", "\u00fc\u65e5", environ={"PYTHONIOENCODING": encoding})
        texts.add(process.communicate(timeout=20)[1].encode())
    assert {"error: `--image ü日` names no image".encode()} == {text.splitlines()[0] for text in texts}
