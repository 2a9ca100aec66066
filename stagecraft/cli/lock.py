"""`stagecraft lock`: who is releasing at the moment (spec/commands/lock.md)."""

from typing import TYPE_CHECKING, Any

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation
from stagecraft.cli.options import Format
from stagecraft.cli.tree import examples, group

if TYPE_CHECKING:
    from stagecraft.model.holder import Holder

lock = group("See who is releasing at the moment.", example="stagecraft lock show --env prod")


@lock.command(epilog=examples("stagecraft lock show --env prod"))
def show(
    context: typer.Context,
    *,
    env: options.Env = None,
    style: options.OutputFormat = Format.TEXT,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Show who holds the environment's lock."""
    call = invocation(context).given(config, store)
    holder = call.use_cases().holder(env)
    if style is Format.JSON:
        from stagecraft.cli.render.json_text import json_text

        call.terminal.data(json_text(_json(holder)))
    else:
        call.terminal.say(_text(holder))


def _text(holder: "Holder | None") -> str:
    from stagecraft.cli.render.times import stamp

    if holder is None:
        return "the lock is free: nobody is releasing"
    doing = " in ".join(part for part in (holder.release, holder.phase) if part)
    return f"held by {holder.actor}, process {holder.pid}, since {stamp(holder.since)}" + (
        f": {doing}" if doing else ""
    )


def _json(holder: "Holder | None") -> dict[str, Any]:
    from stagecraft.cli.render.times import rfc3339

    if holder is None:
        return {"held": False, "holder": None}
    return {
        "held": True,
        "holder": {
            "actor": holder.actor,
            "pid": holder.pid,
            "since": rfc3339(holder.since),
            "release": holder.release or None,
            "phase": holder.phase or None,
        },
    }
