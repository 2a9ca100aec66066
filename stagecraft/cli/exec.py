"""`stagecraft exec`: a command in a running container (spec/commands/exec.md)."""

from typing import Annotated

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation


def exec_(
    context: typer.Context,
    *,
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="A service of the Compose file.")],
    command: Annotated[list[str], typer.Argument(metavar="COMMAND", help="What to run, after `--`.")],
    env: options.Env = None,
    host: options.Host = None,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Run a command in a container of a service. On the host that runs it, with your terminal."""
    from stagecraft.app.requests import ExecRequest

    call = invocation(context).given(config, store)
    request = ExecRequest(
        env=env,
        host=host,
        service=service,
        command=tuple(command),
        terminal=call.terminal.listens and call.terminal.out.isatty(),
    )
    raise typer.Exit(call.use_cases().exec(request))
