"""`stagecraft status`: what runs, compared with what was released (spec/commands/status.md)."""

from typing import TYPE_CHECKING, Annotated

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation
from stagecraft.cli.options import Format
from stagecraft.errors import UnavailableError

if TYPE_CHECKING:
    from stagecraft.model.events import Event

DRIFT = 10


def status(
    context: typer.Context,
    *,
    env: options.Env = None,
    style: options.OutputFormat = Format.TEXT,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 10 if there is drift, with 0 if not.")
    ] = False,
    notify: Annotated[
        bool, typer.Option("--notify", help="Tell those under `notify` who want to know of drift.")
    ] = False,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Compare what runs on every host with the current release. Changes nothing."""
    call = invocation(context).given(config, store)

    def heard(event: "Event") -> None:
        if event.event == "note":
            call.terminal.tell(f"note: {event.text}")

    standing = call.use_cases(heard).status(env, notify=notify)
    if style is Format.JSON:
        from stagecraft.cli.render.json_text import json_text
        from stagecraft.cli.render.status_text import status_json

        call.terminal.data(json_text(status_json(standing)))
    else:
        from stagecraft.cli.render.status_text import status_text

        call.terminal.say(status_text(standing))
    if unseen := standing.unseen:
        raise UnavailableError(
            f"{', '.join(f'`{host.host}`' for host in unseen)} could not be looked at: {unseen[0].problem}",
            hint=f"`stagecraft doctor --env {standing.environment}` says what is wrong",
        )
    if exit_code and standing.drifted:
        raise typer.Exit(DRIFT)
