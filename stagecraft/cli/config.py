"""`stagecraft config`: is `stagecraft.yml` right, and what comes out of it (spec/commands/config.md)."""

from typing import Annotated

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation
from stagecraft.cli.tree import examples, group

config_group = group(
    "Check the project file and see what comes out of it.", example="stagecraft config check"
)


@config_group.command(epilog=examples("stagecraft config check"))
def check(context: typer.Context, *, config: options.Config = None, store: options.Store = None) -> None:
    """Check the project file and say what it defines."""
    call = invocation(context).given(config, store)
    call.terminal.say("\n".join(call.use_cases().config_check()))


@config_group.command(epilog=examples("stagecraft config render --env prod"))
def render(
    context: typer.Context,
    *,
    env: options.Env = None,
    host: Annotated[
        str | None, typer.Option("--host", metavar="NAME", help="The host; needed if there are several.")
    ] = None,
    version: options.Version = None,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Print the Compose text a host would run. Its images are not pinned yet."""
    call = invocation(context).given(config, store)
    call.terminal.data(call.use_cases().config_render(env, host, version))


@config_group.command(epilog=examples("stagecraft config schema > stagecraft.schema.json"))
def schema(context: typer.Context, *, config: options.Config = None, store: options.Store = None) -> None:
    """Print the JSON Schema of the project file, for editors."""
    from stagecraft.cli.render.json_text import json_text

    call = invocation(context).given(config, store)
    call.terminal.data(json_text(call.use_cases().config_schema()))
