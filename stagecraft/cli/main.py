"""The root of the command line: the commands, and how every one of them ends (spec/exit-codes.md)."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stagecraft import __version__
from stagecraft.cli import options
from stagecraft.cli.aliases import Root
from stagecraft.cli.catalogue import COMMANDS, meant, register
from stagecraft.cli.endings import ended
from stagecraft.cli.invocation import Invocation, invocation
from stagecraft.cli.pipeline import pipeline
from stagecraft.cli.telemetry import Telemetry
from stagecraft.cli.terminal import Terminal
from stagecraft.cli.tree import group
from stagecraft.cli.use_cases import Connect, UseCases
from stagecraft.errors import StagecraftError

if TYPE_CHECKING:
    from stagecraft.app import Where
    from stagecraft.engine.ports import Observer
    from stagecraft.runtime.signals import Signals


def root_of(names: Sequence[str] = tuple(COMMANDS)) -> typer.Typer:
    """Return the root with the named commands; all of them if none are named."""
    root = group(
        "Release services with Docker Compose: deterministic, durable, honest.",
        example="stagecraft plan --env prod",
        cls=Root,
    )
    root.callback(invoke_without_command=True)(start)
    return register(root, names)


def start(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version of Stagecraft.")] = False,
    config: options.Config = None,
    store: options.Store = None,
    log_format: options.LogStyle = None,
) -> None:
    """Release services with Docker Compose: deterministic, durable, honest."""
    call = invocation(context)
    if version:
        call.terminal.data(f"stagecraft {__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        context.fail("missing command")
    context.obj = call.given(config, store).logging(log_format)


def run(arguments: Sequence[str], call: Invocation) -> int:
    """Run one command line to its end and return the exit code; nothing is raised."""
    inside = replace(
        call,
        pipeline=pipeline(call.environ, _folder(arguments, call.cwd), call.terminal.line),
        telemetry=Telemetry(call.environ),
    )
    errors: list[StagecraftError] = []
    inside.pipeline.begin()
    code = ended(call.terminal, lambda: _enter(list(arguments), inside), errors.append)
    inside.pipeline.end(errors[0] if errors else None)
    inside.telemetry.end(code, call.terminal.tell)
    return code


def _folder(arguments: Sequence[str], cwd: Path) -> Path:
    """Return the folder of the project file, which places in errors are relative to."""
    for word, following in pairwise([*arguments, ""]):
        if word == "--config" or word.startswith("--config="):
            return (cwd / (word.partition("=")[2] or following)).parent
    return cwd


def _enter(arguments: list[str], call: Invocation) -> object:
    command = typer.main.get_command(root_of(meant(arguments)))
    if arguments[:1] == ["completion"]:
        from stagecraft.cli.completion import answer, asked

        if (words := asked(arguments)) is not None:
            answer(command, words, call)
            return 0
    return command.main(arguments, prog_name="stagecraft", standalone_mode=False, obj=call)


def main() -> None:
    """Run the command line of this process and exit."""
    _speak_utf8()
    from stagecraft.runtime.signals import Signals

    signals = Signals()
    signals.install()
    os.environ.pop("PYTHON_ON_WHALES_DEBUG", None)  # it would print the whole environment, secrets included
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    environ = dict(os.environ)
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"  # what is installed beside us must not change records
    terminal = Terminal(out=sys.stdout, err=sys.stderr, environ=environ, source=sys.stdin)
    call = Invocation(terminal, environ=environ, cwd=Path.cwd(), connect=_connect(signals))
    code = run(sys.argv[1:], call)
    _let_go_of_streams()
    raise SystemExit(code)


def _connect(signals: "Signals") -> Connect:
    def connect(where: "Where", observer: "Observer") -> UseCases:
        from stagecraft.app import App

        return App(where, observer, signals.shield)

    return connect


def _speak_utf8() -> None:
    """Start again in UTF-8 if the locale means something else: Git and Compose print paths as they are."""
    if sys.getfilesystemencoding() != "utf-8":
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606


def _let_go_of_streams() -> None:
    """Flush; what cannot be written any more must not become a traceback while Python shuts down."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
