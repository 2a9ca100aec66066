"""`stagecraft docs`: what a key of `stagecraft.yml` or an exit code means (spec/commands/docs.md)."""

from typing import Annotated

import typer

from stagecraft.cli.invocation import invocation

EXIT_CODES = "exit-codes"


def docs(
    context: typer.Context,
    *,
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="A key of stagecraft.yml, or `exit-codes`.")
    ] = None,
) -> None:
    """Explain a key of stagecraft.yml, or the exit codes. Without a KEY, list every key."""
    from stagecraft.cli.render import docs_text

    terminal = invocation(context).terminal
    from stagecraft.config.reference import example, exit_codes

    if key == EXIT_CODES:
        terminal.say(docs_text.exit_codes_text(exit_codes()))
        return
    from stagecraft.config.keys import find, keys

    known = keys()
    if key is None:
        terminal.say(docs_text.list_text(known))
        return
    found = find(key, known)
    below = [one for one in known if one.path[: len(found.path)] == found.path and one is not found]
    terminal.say(docs_text.key_text(found, below, example(found.path)))
