"""What the recorded releases know about migrations; the databases may know more."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stagecraft.model.migration import Direction, MigrationRecord, MigrationStatus
from stagecraft.model.release import Release
from stagecraft.model.step import Migrate
from stagecraft.store.file import FileStore

APPLIED = "applied"
"""Key of a step's details: file -> checksum of what was known to be applied when it was planned."""
_ENDED = (MigrationStatus.APPLIED, MigrationStatus.UNDONE)


@dataclass(frozen=True)
class Past:
    """What is known of one migration."""

    applied: dict[str, str]
    """Change -> checksum, of what is applied."""
    last: MigrationRecord | None = None
    """What became of it the last time it began."""
    revision: str = ""
    """The last one that was recorded after it; empty if none was."""

    @property
    def is_done(self) -> bool:
        """Return whether it was run to its end and not undone since."""
        return bool(self.last and self.last.status is MigrationStatus.APPLIED)


def past(releases: Iterable[Release], name: str) -> Past:
    """Return what `releases`, newest first, know about the migration; reads no further back than needed."""
    newer: list[MigrationRecord] = []
    applied: dict[str, str] = {}
    for release in releases:
        newer += [record for record in reversed(release.migrations) if record.name == name]
        if (known := _planned(release, name)) is not None:
            applied = dict(known)
            break
    for record in reversed(newer):
        for change in record.changes:
            if record.direction is Direction.UP:
                applied[change.name] = change.checksum
            else:
                applied.pop(change.name, None)
    revision = next((record.after for record in newer if record.after and record.status in _ENDED), "")
    return Past(applied=applied, last=newer[0] if newer else None, revision=revision)


def releases(store: FileStore, environment: str, before: int | None = None) -> Iterator[Release]:
    """Yield the releases of an environment, whole, newest first; only those older than `before`."""
    for header in store.headers(environment):
        if before is None or header.number < before:
            yield store.read(environment, header.number)


def _planned(release: Release, name: str) -> dict[str, str] | None:
    """Return what the plan of a release says was applied before; None if it says nothing.

    Only a release in which the migration ended well, so that its last revision is found too.
    """
    ended = any(record.name == name and record.status in _ENDED for record in release.migrations)
    for step in release.plan.steps if ended else ():
        known = step.work.details.get(APPLIED) if isinstance(step, Migrate) else None
        if isinstance(step, Migrate) and step.work.name == name and isinstance(known, dict):
            return {file: str(checksum) for file, checksum in known.items()}
    return None
