"""How every group of commands is set up: plain help pages with examples, the nearest word for a wrong one."""

from collections.abc import Collection
from typing import Any, cast

import typer
from typer.core import TyperGroup

from stagecraft.cli.typed import convert_the_rest
from stagecraft.errors import ConfigError

UsageError = cast("type[Exception]", typer.BadParameter.__mro__[1])
"""The base of every usage error; typer exports only this child of it."""

TYPED = "typed"
"""The attribute of a usage error that says which command was typed, where nothing else does."""


class Commands(TyperGroup):
    """A group of commands that says what was probably meant."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the options of the group itself."""
        convert_the_rest(self.get_params(ctx))
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that was typed. Raises ConfigError that names the nearest one."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise unknown(ctx.command_path, args[0], self.commands)
        name, command, rest = super().resolve_command(ctx, args)
        if command and not isinstance(command, Commands):
            convert_the_rest(command.get_params(ctx))
        return name, command, rest

    def invoke(self, ctx: Any) -> Any:
        """Run what was typed; an error of its words that does not know its command is told which it was."""
        try:
            return super().invoke(ctx)
        except UsageError as error:
            if getattr(error, "ctx", None) is None and not hasattr(error, TYPED):
                setattr(error, TYPED, f"{ctx.command_path} {ctx.invoked_subcommand or ''}".strip())
            raise


def unknown(path: str, word: str, known: Collection[str]) -> ConfigError:
    """Return the error for a command that is not there; `path` is what was typed before it."""
    from difflib import get_close_matches  # only who mistyped waits for it

    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    hint = f"did you mean `{path} {near[0]}`?" if near else f"`{path} --help` lists what can be typed"
    return ConfigError(f"there is no command `{path} {word}`", hint=hint)


def group(summary: str, *, example: str, cls: type[TyperGroup] = Commands) -> typer.Typer:
    """Return an empty group of commands; `example` is a command line."""
    return typer.Typer(
        cls=cls,
        help=summary,
        epilog=examples(example),
        rich_markup_mode=None,  # rich costs more to import than the whole command line
        pretty_exceptions_enable=False,
        add_completion=False,
    )


def examples(*lines: str) -> str:
    """Return what a help page ends with: command lines to type as they are."""
    word = "Example" if len(lines) == 1 else "Examples"
    return "\n".join(["\b", f"{word}:", *(f"  {line}" for line in lines)])
