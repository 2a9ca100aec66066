"""`stagecraft rollback`: run what ran before, as a new release (spec/commands/rollback.md)."""

from typing import Annotated

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation
from stagecraft.cli.options import Format, PlanFormat
from stagecraft.cli.plan import print_plan
from stagecraft.cli.watch import watching


def rollback(
    context: typer.Context,
    *,
    env: options.Env = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ID", help="The release to go back to (default: the one before)."),
    ] = None,
    to_version: Annotated[
        str | None,
        typer.Option("--to-version", metavar="VERSION", help="The newest completed release of it."),
    ] = None,
    with_migrations: Annotated[
        bool, typer.Option("--with-migrations", help="Undo what can be undone and ran since, newest first.")
    ] = False,
    accept_schema: Annotated[
        list[str] | None,
        typer.Option("--accept-schema", metavar="NAME", help="A migration or file that may stay; repeat."),
    ] = None,
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
    """Go back to an earlier release. Its text, configs and images, with the secrets of today."""
    from stagecraft.app.requests import RollbackRequest

    options.exclusive("each names a target", to=to, to_version=to_version)
    request = RollbackRequest(
        env=env,
        to=to,
        to_version=to_version,
        message=message,
        lock_wait=lock_wait,
        with_migrations=with_migrations,
        accept_schema=tuple(accept_schema or ()),
    )
    call = invocation(context).given(config, store).logging(log_format)
    if dry_run:
        print_plan(call.terminal, call.use_cases().rollback_plan(request), PlanFormat(style))
        return
    with watching(call.terminal, style, quiet=quiet, verbose=verbose) as watch:
        call.use_cases(watch).rollback(request)
