"""`stagecraft migrate`: migrations alone, and how they stand (spec/commands/migrate.md)."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation
from stagecraft.cli.options import Format, PlanFormat
from stagecraft.cli.plan import print_plan
from stagecraft.cli.tree import examples, group
from stagecraft.cli.watch import watching

if TYPE_CHECKING:
    from stagecraft.app.requests import MigrationState

migrate = group(
    "Run migrations alone, or see how they stand.", example="stagecraft migrate --env prod --dry-run"
)


class When(StrEnum):
    """Which migrations are run."""

    PRE = "pre"
    POST = "post"
    MANUAL = "manual"


@migrate.callback(
    invoke_without_command=True,
    epilog=examples(
        "stagecraft migrate --env prod --dry-run", "stagecraft migrate --env prod --name backfill"
    ),
)
def run(
    context: typer.Context,
    *,
    env: options.Env = None,
    when: Annotated[When | None, typer.Option("--when", help="Only these (default: pre, then post).")] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Only this one.")] = None,
    dry_run: options.DryRun = False,
    message: options.Message = "",
    lock_wait: options.LockWait = 0,
    migration_done: options.MigrationDone = None,
    migration_again: options.MigrationAgain = None,
    style: options.OutputFormat = Format.TEXT,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogStyle = None,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Run migrations alone, with the images of the current release; record what was done."""
    if context.invoked_subcommand is not None:
        return
    from stagecraft.app.requests import MigrateRequest

    request = MigrateRequest(
        env=env,
        when=when.value if when else None,
        name=name,
        message=message,
        lock_wait=lock_wait,
        migration_done=tuple(migration_done or ()),
        migration_again=tuple(migration_again or ()),
    )
    call = invocation(context).given(config, store).logging(log_format)
    if dry_run:
        print_plan(call.terminal, call.use_cases().migrate_plan(request), PlanFormat(style))
        return
    with watching(call.terminal, style, quiet=quiet, verbose=verbose) as watch:
        call.use_cases(watch).migrate(request)


@migrate.command(epilog=examples("stagecraft migrate status --env prod"))
def status(
    context: typer.Context,
    *,
    env: options.Env = None,
    style: options.OutputFormat = Format.TEXT,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Show what the recorded releases know of each migration. Needs no database."""
    call = invocation(context).given(config, store)
    states = call.use_cases().migrations(env)
    if style is Format.JSON:
        from stagecraft.cli.render.json_text import json_text

        call.terminal.data(json_text([_json(state) for state in states]))
        return
    from stagecraft.cli.render.table import table

    rows = [(one.name, one.when, one.engine, one.state, _waiting(one)) for one in states]
    call.terminal.say("\n".join(table(rows)) if rows else "no migrations are configured")


def _waiting(state: "MigrationState") -> str:
    return f"pending: {', '.join(state.pending)}" if state.pending else ""


def _json(state: "MigrationState") -> dict[str, Any]:
    return {
        "name": state.name,
        "when": state.when,
        "engine": state.engine,
        "state": state.state,
        "pending": list(state.pending),
    }
