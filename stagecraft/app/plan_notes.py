"""What a plan says to the person beside its steps."""

from collections.abc import Iterator, Mapping

from stagecraft.app.opened import Opened
from stagecraft.compose.strategy import reached_inside
from stagecraft.compose.use import inputs_of
from stagecraft.model.migration import When
from stagecraft.model.policy import OnFailure
from stagecraft.model.release import Release
from stagecraft.phases.given import MigrationGiven

_INSIDE = (
    "inside the Compose network a new container of {} can be reached before it is healthy, because the"
    " engine's names lead to every container that runs; `x-stagecraft: {{rollout: recreate}}` rules that out"
)


def read_at_use(texts: Mapping[str, str]) -> list[str]:
    """Return the files that are read at the moment of use: `env_file`s and secret files, sorted."""
    inputs = [one for text in texts.values() for one in inputs_of(text).values()]
    return sorted(
        {file.path for one in inputs for file in one.env_files}
        | {path for one in inputs for path in one.secret_files}
    )


def inside(texts: Mapping[str, str]) -> list[str]:
    """Return the note on services that others call by name, and that are replaced start-first; or nothing."""
    names = sorted({f"`{name}`" for text in texts.values() for name in reached_inside(text)})
    return [_INSIDE.format(", ".join(names))] if names else []


def no_way_back(here: Opened, base: Release | None, migrations: tuple[MigrationGiven, ...]) -> Iterator[str]:
    """Yield what becomes of an automatic `revert` across migrations the old version does not know."""
    rollout = here.environment.rollout
    if not here.environment.hosts or rollout.on_failure is not OnFailure.REVERT or not base:
        return
    names = [
        f"`{given.work.name}`"
        for given in migrations
        if given.when is When.PRE and any(not change.compatible for change in given.work.changes)
    ]
    if names:
        yield f"a failed rollout is not reverted but stops: {', '.join(names)} is not compatible"
