"""`stagecraft doctor`: is everything there that a deploy needs? (spec/commands/doctor.md)."""

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation


def doctor(
    context: typer.Context,
    *,
    env: options.Env = None,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Look at everything a deploy needs, on every host. Changes nothing."""
    from stagecraft.cli.render.doctor_text import doctor_text

    call = invocation(context).given(config, store)
    found = call.use_cases().doctor(env)
    call.terminal.say(doctor_text(found.checks))
    if found.problem is not None:
        raise found.problem
