"""`stagecraft destroy`: take a project off its hosts (spec/commands/destroy.md)."""

from typing import TYPE_CHECKING, Annotated

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation
from stagecraft.cli.options import Format, PlanFormat
from stagecraft.cli.plan import print_plan
from stagecraft.cli.terminal import Terminal
from stagecraft.cli.watch import watching
from stagecraft.errors import RefusedError

if TYPE_CHECKING:
    from stagecraft.model.plan import Plan


def destroy(
    context: typer.Context,
    *,
    env: options.Env = None,
    host: Annotated[
        str | None, typer.Option("--host", metavar="NAME", help="Only this host; also one that was removed.")
    ] = None,
    volumes: Annotated[bool, typer.Option("--volumes", help="Remove the volumes too: the data.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: options.DryRun = False,
    message: options.Message = "",
    lock_wait: options.LockWait = 0,
    style: options.OutputFormat = Format.TEXT,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogStyle = None,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Remove an environment's containers and networks. Volumes stay unless asked for."""
    from stagecraft.app.requests import DestroyRequest

    request = DestroyRequest(env=env, host=host, volumes=volumes, message=message, lock_wait=lock_wait)
    call = invocation(context).given(config, store).logging(log_format)
    planned = call.use_cases().destroy_plan(request)
    if dry_run:
        print_plan(call.terminal, planned, PlanFormat(style))
        return
    if not yes:
        _confirmed(call.terminal, planned)
    with watching(call.terminal, style, quiet=quiet, verbose=verbose) as watch:
        call.use_cases(watch).destroy(request)


def _confirmed(terminal: Terminal, planned: "Plan") -> None:
    """Ask for the environment's name. Raises RefusedError if nobody can, or the answer is another."""
    from stagecraft.cli.render.plan_text import described

    name = planned.environment
    if not terminal.listens:
        raise RefusedError(
            f"nobody confirms that `{name}` is to be destroyed: standard input is no terminal",
            hint="add `--yes`; `--dry-run` shows what would be removed",
        )
    for step in planned.steps:
        terminal.tell(f"{step.host}: {described(step)}")
    if terminal.ask(f"Type `{name}` to go on:") != name:
        raise RefusedError("not confirmed; nothing was touched", hint=f"the answer has to be `{name}`")
