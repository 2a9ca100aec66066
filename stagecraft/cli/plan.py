"""`stagecraft plan`: what a deploy would do, and nothing else (spec/commands/plan.md)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation
from stagecraft.cli.options import PlanFormat
from stagecraft.cli.save import save
from stagecraft.cli.terminal import Terminal

if TYPE_CHECKING:
    from stagecraft.model.plan import Plan


def plan(
    context: typer.Context,
    *,
    env: options.Env = None,
    version: options.Version = None,
    style: Annotated[
        PlanFormat, typer.Option("--format", help="For people, for a pull request, or for programs.")
    ] = PlanFormat.TEXT,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Save the plan, to run exactly it later."),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 10 if there are changes, with 0 if not.")
    ] = False,
    rebuild: options.Rebuild = False,
    skip_build: options.SkipBuild = False,
    image: options.Images = None,
    recreate: options.Recreate = None,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Print what a deploy would do, and why. Changes nothing, needs no engine."""
    from stagecraft.app.requests import DeployRequest
    from stagecraft.model.plan import has_changes

    request = DeployRequest(
        env=env,
        version=version,
        images=options.images(image),
        skip_build=skip_build,
        rebuild=rebuild,
        recreate=tuple(recreate or ()),
        plan_path=out,
    )
    call = invocation(context).given(config, store)
    made = call.use_cases().plan(request)
    call.pipeline.planned(made)
    if out is not None:
        from stagecraft.model.plan_file import dump

        save(call.cwd / out, dump(made))
        call.terminal.tell(f"saved; run exactly this plan with `stagecraft deploy --plan {out}`")
    print_plan(call.terminal, made, style)
    if exit_code and has_changes(made):
        raise typer.Exit(10)


def print_plan(terminal: Terminal, made: "Plan", style: PlanFormat) -> None:
    """Print a plan on standard output; also what `--dry-run` prints."""
    if style is PlanFormat.MARKDOWN:
        from stagecraft.cli.render.plan_markdown import plan_markdown

        terminal.data(plan_markdown(made))
        return
    if style is PlanFormat.JSON:
        from stagecraft.model.plan_file import dump

        terminal.data(dump(made))
        return
    from stagecraft.cli.render.difference import painted
    from stagecraft.cli.render.plan_text import plan_text

    terminal.say(plan_text(made), painted)
