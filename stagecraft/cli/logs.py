"""`stagecraft logs`: what the containers write (spec/commands/logs.md)."""

import threading
from typing import TYPE_CHECKING, Annotated

import typer

from stagecraft.cli import options
from stagecraft.cli.endings import exit_code
from stagecraft.cli.invocation import invocation
from stagecraft.cli.terminal import Terminal
from stagecraft.errors import InterruptedRunError

if TYPE_CHECKING:
    from stagecraft.model.events import Event


def logs(
    context: typer.Context,
    *,
    env: options.Env = None,
    host: options.Host = None,
    service: Annotated[
        list[str] | None,
        typer.Option("--service", metavar="NAME", help="Only this service; repeat for more."),
    ] = None,
    tail: Annotated[
        int, typer.Option("--tail", metavar="N", min=0, help="The last lines of each container.")
    ] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Show what the containers write, on every host."""
    from stagecraft.app.requests import LogsRequest

    request = LogsRequest(env=env, host=host, services=tuple(service or ()), tail=tail, follow=follow)
    call = invocation(context).given(config, store)
    try:
        call.use_cases(_Lines(call.terminal)).logs(request)
    except InterruptedRunError as stopped:
        raise typer.Exit(exit_code(stopped)) from None  # the way to end it: no error


class _Lines:
    """Prints every line a container wrote, one at a time whatever thread it comes from."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._lock = threading.Lock()

    def __call__(self, event: "Event") -> None:
        """Print an output event; nothing else is of interest."""
        if event.event == "output":
            with self._lock:
                self._terminal.say(f"{event.source} | {event.line}")
