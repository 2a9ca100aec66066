"""migrate_pre: what has to happen to the data before the new version runs."""

from collections.abc import Iterator

from stagecraft.model.migration import When
from stagecraft.model.phase import Phase
from stagecraft.model.step import Migrate
from stagecraft.phases import migrations
from stagecraft.phases.given import Given


def skipped(given: Given) -> str:
    """Return why the phase does not run, or an empty string."""
    return migrations.skipped(given, When.PRE)


def steps(given: Given) -> Iterator[Migrate]:
    """Yield one step a migration."""
    return migrations.steps(given, When.PRE, Phase.MIGRATE_PRE)
