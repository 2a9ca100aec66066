"""`stagecraft releases`: what was released, and what became of it (spec/commands/releases.md)."""

from typing import Annotated

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation
from stagecraft.cli.options import Format
from stagecraft.cli.releases_report import report
from stagecraft.cli.tree import examples, group
from stagecraft.errors import StoreError
from stagecraft.model.phase import ReleaseStatus

releases = group(
    "Look at what was released, and what became of it.", example="stagecraft releases list --env prod"
)
releases.command(
    epilog=examples(
        "stagecraft releases report prod-42 --out report.html",
        "stagecraft releases report --env prod --out site",
    )
)(report)
Identifier = Annotated[str, typer.Argument(metavar="ID", help="A release, as `prod-42`.")]


@releases.command("list", epilog=examples("stagecraft releases list --env prod --limit 5"))
def list_(
    context: typer.Context,
    *,
    env: options.Env = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many at most.")] = 20,
    status: Annotated[ReleaseStatus | None, typer.Option("--status", help="Only these.")] = None,
    style: options.OutputFormat = Format.TEXT,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """List releases, newest first; `*` marks the current one."""
    call = invocation(context).given(config, store)
    found = call.use_cases().releases(env, limit, status)
    if style is Format.JSON:
        from stagecraft.cli.render.json_text import json_text
        from stagecraft.cli.render.release_json import listed_json

        call.terminal.data(json_text([listed_json(entry.header, current=entry.current) for entry in found]))
        return
    from stagecraft.cli.render.list_text import empty_text, list_text

    if found:
        call.terminal.say(list_text(found, width=call.terminal.width))
    else:
        call.terminal.tell(empty_text(env, filtered=status is not None))


@releases.command(epilog=examples("stagecraft releases show prod-42"))
def show(
    context: typer.Context,
    *,
    release: Identifier,
    style: options.OutputFormat = Format.TEXT,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Show one release: phases, hosts, images and, if it failed, why."""
    call = invocation(context).given(config, store)
    cases = call.use_cases()
    found = cases.release(release)
    current = cases.current(found.environment) == found.id
    if style is Format.JSON:
        from stagecraft.cli.render.json_text import json_text
        from stagecraft.cli.render.release_json import release_json

        call.terminal.data(json_text(release_json(found, current=current)))
        return
    from stagecraft.cli.render.release_text import release_text

    call.terminal.say(release_text(found, current=current))


@releases.command(epilog=examples("stagecraft releases diff prod-41 prod-42"))
def diff(
    context: typer.Context,
    *,
    a: Annotated[str, typer.Argument(metavar="A", help="A release, as `prod-41`.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one, as `prod-42`.")],
    style: options.OutputFormat = Format.TEXT,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Show what differs between two releases. Images, variables and Compose texts."""
    call = invocation(context).given(config, store)
    difference = call.use_cases().difference(a, b)
    from stagecraft.cli.render.difference import difference_json, difference_text, painted

    if style is Format.JSON:
        from stagecraft.cli.render.json_text import json_text

        call.terminal.data(json_text(difference_json(a, b, difference)))
        return
    call.terminal.say(difference_text(a, b, difference), painted)


@releases.command(epilog=examples("stagecraft releases verify"))
def verify(
    context: typer.Context,
    *,
    env: options.Env = None,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Check every record and its twin."""
    call = invocation(context).given(config, store)
    problems = call.use_cases().verify(env)
    if not problems:
        call.terminal.say("every record and its twin is intact")
        return
    call.terminal.say("\n".join(problems))
    raise StoreError(
        f"the release store has {len(problems)} problem{'s' if len(problems) > 1 else ''}",
        hint="the next deploy heals what it needs; keep a copy of the store before you touch it",
    )
