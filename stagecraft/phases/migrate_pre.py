"""migrate_pre: what has to happen to the data before the new version runs."""

from collections.abc import Iterator

from stagecraft.model.step import Step
from stagecraft.phases.given import Given


def skipped(_given: Given) -> str:
    """Return why the phase does not run."""
    return "no migrations are configured"


def steps(_given: Given) -> Iterator[Step]:
    """Yield nothing: there is nothing to configure yet."""
    yield from ()
