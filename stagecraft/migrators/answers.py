"""What a person has found out about migrations that nobody else can tell about."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from stagecraft.errors import ConfigError


class Answered(Protocol):
    """What was asked for, with a person's answers in it."""

    @property
    def migration_done(self) -> tuple[str, ...]:
        """Migrations that may have run, and did."""
        ...

    @property
    def migration_again(self) -> tuple[str, ...]:
        """Migrations that may have run, and are to be run again."""
        ...


@dataclass(frozen=True)
class Answers:
    """`--migration-done NAME` and `--migration-again NAME`."""

    done: frozenset[str] = field(default_factory=frozenset)
    again: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, request: "Answered") -> "Answers":
        """Return what the request says."""
        return cls(frozenset(request.migration_done), frozenset(request.migration_again))

    def check(self, names: Iterable[str]) -> None:
        """Raise ConfigError if a name is answered both ways, or is no migration's."""
        if both := sorted(self.done & self.again):
            raise ConfigError(f"`{both[0]}` is said to be done and to be run again", hint="choose one")
        known = sorted(names)
        if strange := sorted((self.done | self.again) - set(known)):
            listed = ", ".join(f"`{name}`" for name in known) or "there is none"
            raise ConfigError(f"there is no migration `{strange[0]}`", hint=f"migrations: {listed}")


def ways_on(name: str) -> str:
    """Return the hint that names both answers."""
    return f"then go on with `--migration-done {name}` or `--migration-again {name}`"
