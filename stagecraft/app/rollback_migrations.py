"""What a rollback does about the migrations that ran since its target: undo, keep or refuse."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stagecraft.app import migration_past
from stagecraft.app.migration_entry import TEXT
from stagecraft.app.opened import Opened
from stagecraft.app.requests import RollbackRequest
from stagecraft.compose.use import names_of
from stagecraft.errors import RefusedError
from stagecraft.migrators import command
from stagecraft.migrators.rollback import Ran, Undo, cross, missing, standing
from stagecraft.model.migration import Change, Direction, Work
from stagecraft.model.phase import Phase
from stagecraft.model.plan import content_digest
from stagecraft.model.release import Release
from stagecraft.model.step import Migrate

_NAMES = "database"
"""Key of a step's details: the secret it needs."""


@dataclass(frozen=True)
class Across:
    """What the plan of a rollback holds of migrations."""

    steps: tuple[Migrate, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    """Texts whose images undo what they applied."""
    files: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def across(here: Opened, target: Release, request: RollbackRequest) -> Across:
    """Return how the rollback gets across. Raises RefusedError with everything that is in its way."""
    since: list[Release] = []
    for release in migration_past.releases(here.store, target.environment):
        if release.number <= target.number:
            break
        since.append(release)
    ran = [Ran(release.id, record) for release in since for record in reversed(release.migrations)]
    accepted = set(request.accept_schema)
    lost = missing(ran)
    if sentences := [sentence for name, sentence in lost.items() if name not in accepted]:
        raise RefusedError(
            "the release to go back to needs what was undone since:\n  " + "\n  ".join(sentences),
            hint=f"deploy `{target.version}` again, which applies it; or go without: `--accept-schema NAME`",
        )
    left = standing(ran)
    names = {it.record.name for it in left}
    asked = accepted - (set(lost) - names)
    crossing = cross(left, with_migrations=request.with_migrations, accepted=asked)
    by_id = {release.id: release for release in since}
    undos = [_undo(wave, by_id[it.ran.release], it) for wave, it in enumerate(crossing.undo)]
    declared = set(here.loaded.project.secrets)
    return Across(
        steps=tuple(step for one in undos for step in one.steps),
        texts={digest: text for one in undos for digest, text in one.texts.items()},
        files={name: text for one in undos for name, text in one.files.items()},
        variables={name: value for one in undos for name, value in one.variables.items()},
        secrets=frozenset(name for one in undos for name in one.secrets if name in declared),
        notes=crossing.stays,
    )


def _undo(wave: int, release: Release, undo: Undo) -> Across:
    """Return the step that takes back what one record says, with image and texts of its release."""
    applied = _applied(release, undo.ran.record.name)
    changes = tuple(reversed(undo.changes))
    record = undo.ran.record
    if record.service:
        text = release.plan.texts.get(str(applied.work.details.get(TEXT, ""))) or release.text_of(
            applied.host
        )
        work = _command(applied.work, undo, changes, content_digest(text))
        texts, files, secrets = {content_digest(text): text}, {}, names_of(text)
    else:
        work = applied.work.model_copy(
            update={"direction": Direction.DOWN, "changes": changes, "to_check": ""}
        )
        texts, files = {}, {change.undo: _text(release, change) for change in changes}
        secrets = frozenset([str(applied.work.details[_NAMES])])
    step = Migrate(
        phase=Phase.MIGRATE_PRE,
        host=applied.host,
        wave=wave,
        cause=f"applied in {release.id}",
        when=applied.when,
        work=work,
    )
    return Across((step,), texts, files, release.plan.variables, secrets)


def _command(work: Work, undo: Undo, changes: tuple[Change, ...], text: str) -> Work:
    record = undo.ran.record
    words = command.undo_words(record)
    details = {
        **work.details,
        "command": list(words),
        "before": record.after,
        "after": record.before,
        TEXT: text,
    }
    return work.model_copy(
        update={
            "direction": Direction.DOWN,
            "changes": changes,
            "summary": f"{' '.join(words)} in {record.service}",
            "details": details,
        }
    )


def _applied(release: Release, name: str) -> Migrate:
    """Return the step that applied it."""
    return next(step for step in release.plan.steps if isinstance(step, Migrate) and step.work.name == name)


def _text(release: Release, change: Change) -> str:
    if change.undo not in release.files:
        raise RefusedError(f"what undoes `{change.name}` is not in the record of {release.id}")
    return release.files[change.undo]
