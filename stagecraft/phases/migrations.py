"""What both migration phases have in common: one step a migration, one after the other."""

from collections.abc import Iterator

from stagecraft.model.migration import When
from stagecraft.model.phase import Phase
from stagecraft.model.step import Migrate
from stagecraft.phases.given import Given

NONE = "no migrations are configured"


def skipped(given: Given, when: When) -> str:
    """Return why no migration runs then, or an empty string."""
    if not given.migrations:
        return NONE
    if not any(migration.when is when for migration in given.migrations):
        return f"no migration is `{when}`"
    return ""


def steps(given: Given, when: When, phase: Phase) -> Iterator[Migrate]:
    """Yield one step a migration, each in a wave of its own: the order of the configuration counts."""
    mine = [migration for migration in given.migrations if migration.when is when]
    for wave, migration in enumerate(mine):
        yield Migrate(
            phase=phase,
            host=migration.host,
            wave=wave,
            cause=migration.cause,
            when=migration.when,
            work=migration.work,
        )
