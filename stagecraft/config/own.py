"""What the user's own programs have in common, in `hooks:` and in `notify:`: names, commands, for whom."""

from collections.abc import Collection, Sequence
from typing import Annotated

from pydantic import Field

from stagecraft.config.names import EnvironmentName, Matches, MisplacedError, PlainText, VariableName
from stagecraft.model.frozen import Frozen

OwnCommand = Annotated[tuple[PlainText, ...], Field(min_length=1)]
"""A program of the user's own and its arguments."""


class Own(Frozen):
    """One entry of such a list."""

    name: Annotated[
        str, Matches(r"[a-z0-9][a-z0-9_-]{0,62}", "at most 63 lower-case letters, digits, `-` and `_`")
    ] = Field(description="Its name; unique in the list.")
    environments: tuple[EnvironmentName, ...] = Field(
        default=(), description="Only for these environments. Default: all."
    )
    secrets: tuple[VariableName, ...] = Field(
        default=(), description="Names of the declared secrets that its command gets; no others are there."
    )

    def is_for(self, environment: str) -> bool:
        """Return whether it is there for an environment."""
        return not self.environments or environment in self.environments


def check(key: str, entries: Sequence[Own], secrets: Collection[str], environments: Collection[str]) -> None:
    """Check what only the whole project knows of a list; to be called by its validator.

    Raises MisplacedError at `<key>.<index>.<key>`: a name twice, an undeclared secret or environment.
    """
    names: set[str] = set()
    for index, entry in enumerate(entries):
        if entry.name in names:
            raise MisplacedError(f"is the name of two entries of `{key}`", key, index, "name")
        names.add(entry.name)
        for place, name in enumerate(entry.secrets):
            if name not in secrets:
                words = f"names no secret that is declared under `secrets`: {listed(secrets)}"
                raise MisplacedError(words, key, index, "secrets", place)
        for place, name in enumerate(entry.environments):
            if name not in environments:
                words = f"names no environment: there is {listed(environments)}"
                raise MisplacedError(words, key, index, "environments", place)


def listed(names: Collection[str]) -> str:
    """Return names as an error says them."""
    return ", ".join(f"`{name}`" for name in sorted(names)) or "none"
