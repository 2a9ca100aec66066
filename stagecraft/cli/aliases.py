"""`aliases:` of stagecraft.yml, put in the place of the word that was typed (spec/config.md)."""

from pathlib import Path
from typing import Any

from stagecraft.cli.invocation import invocation
from stagecraft.cli.tree import Commands, unknown
from stagecraft.errors import ConfigError


class Root(Commands):
    """The commands, and for any other word the user's own command lines."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that was typed, or that an alias begins with. Raises ConfigError."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = [*self._meant(ctx, args[0]), *args[1:]]
        return super().resolve_command(ctx, args)

    def _meant(self, ctx: Any, word: str) -> list[str]:
        config = ctx.params.get("config")
        call = invocation(ctx).given(Path(config) if config else None, None)
        nobody = unknown(ctx.command_path, word, self.commands)
        try:
            aliases = call.use_cases().aliases()
        except ConfigError:
            if "did you mean" in nobody.hint:
                raise nobody from None
            raise
        if word not in aliases:
            raise unknown(ctx.command_path, word, [*self.commands, *aliases])
        return list(aliases[word])
