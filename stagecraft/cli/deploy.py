"""`stagecraft deploy`: run a plan and record it (spec/commands/deploy.md)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation
from stagecraft.cli.options import Format, PlanFormat
from stagecraft.cli.plan import print_plan
from stagecraft.cli.watch import watching
from stagecraft.errors import ConfigError

if TYPE_CHECKING:
    from stagecraft.model.plan import Plan


def deploy(
    context: typer.Context,
    *,
    release: Annotated[
        str | None, typer.Argument(metavar="ID", help="With --resume: the release to go on with.")
    ] = None,
    env: options.Env = None,
    version: options.Version = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Run exactly this saved plan.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a failed or interrupted release (the newest).")
    ] = False,
    dry_run: options.DryRun = False,
    message: options.Message = "",
    lock_wait: options.LockWait = 0,
    rebuild: options.Rebuild = False,
    skip_build: options.SkipBuild = False,
    image: options.Images = None,
    recreate: options.Recreate = None,
    migration_done: options.MigrationDone = None,
    migration_again: options.MigrationAgain = None,
    style: options.OutputFormat = Format.TEXT,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogStyle = None,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Build, push and roll out a version; record what was done."""
    from stagecraft.app.requests import DeployRequest

    if release and not resume:
        raise ConfigError(
            f"`{release}` is only understood with `--resume`", hint="see `stagecraft deploy --help`"
        )
    for recorded in ({"plan": plan}, {"resume": resume}):
        for name, value in {
            "version": version,
            "rebuild": rebuild,
            "skip_build": skip_build,
            "image": image,
            "recreate": recreate,
        }.items():
            options.exclusive("a recorded plan is run as it is", **recorded, **{name: value})
    options.exclusive("each names another plan", plan=plan, resume=resume)
    options.exclusive("a recorded plan is run as it is", plan=plan, migration_done=migration_done)
    options.exclusive("a recorded plan is run as it is", plan=plan, migration_again=migration_again)
    call = invocation(context).given(config, store).logging(log_format)

    def request(saved: "Plan | None") -> DeployRequest:
        return DeployRequest(
            env=env,
            version=version,
            images=options.images(image),
            skip_build=skip_build,
            rebuild=rebuild,
            recreate=tuple(recreate or ()),
            message=message,
            lock_wait=lock_wait,
            plan=saved,
            plan_path=plan,
            resume=(release or "") if resume else None,
            migration_done=tuple(migration_done or ()),
            migration_again=tuple(migration_again or ()),
        )

    if dry_run:
        cases = call.use_cases()
        made = cases.plan(request(cases.load_plan(plan) if plan else None))
        print_plan(call.terminal, made, PlanFormat(style))
        return
    with watching(call.terminal, style, quiet=quiet, verbose=verbose) as watch:
        cases = call.use_cases(watch)
        cases.deploy(request(cases.load_plan(plan) if plan else None))
