"""The grammar of the command line, without running anything: what is understood, and what there is."""

from collections.abc import Iterator, Sequence
from typing import Any

import typer

from stagecraft.cli.main import root_of

Path = tuple[str, ...]


def pages(command: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every command and every group of commands with its path."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from pages(child, (*path, name))


PAGES: dict[Path, Any] = dict(pages(typer.main.get_command(root_of())))


def understood(words: Sequence[str]) -> None:
    """Parse the words after `stagecraft`; raises what the command line would say of them."""
    command, rest, parent, name = PAGES[()], list(words), None, "stagecraft"
    while True:
        try:
            context = command.make_context(name, rest, parent=parent)
        except typer.Exit:  # `--help`
            return
        if not hasattr(command, "commands"):
            return
        rest = [*getattr(context, "_protected_args", ()), *context.args]
        if not rest:
            return
        assert rest[0] in command.commands, f"there is no command `{context.command_path} {rest[0]}`"
        name, command, rest = command.resolve_command(context, rest)
        parent = context
