"""`stagecraft doctor`: is everything there that a deploy needs? (spec/commands/doctor.md)."""

from typing import TYPE_CHECKING

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation

if TYPE_CHECKING:
    from stagecraft.model.checked import Checked


def doctor(
    context: typer.Context,
    *,
    env: options.Env = None,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Look at everything a deploy needs, on every host. Changes nothing."""
    from stagecraft.cli.render.table import table

    call = invocation(context).given(config, store)
    found = call.use_cases().doctor(env)
    rows = [(check.host or "here", check.what, _result(check)) for check in found.checks]
    call.terminal.say("\n".join(table([("where", "what", "result"), *rows])))
    if found.problem is not None:
        raise found.problem


def _result(check: "Checked") -> str:
    problems = "; ".join(problem.removeprefix(f"{check.host}: ") for problem in check.problems)
    return problems or (f"ok: {check.note}" if check.note else "ok")
