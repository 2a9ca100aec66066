"""May a rollback cross the migrations that ran since its target? (spec/migrations.md, "Going back"). Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from stagecraft.errors import ConfigError, RefusedError
from stagecraft.model.migration import Change, Direction, MigrationRecord


@dataclass(frozen=True)
class Ran:
    """One migration record and the release it is from."""

    release: str
    record: MigrationRecord


@dataclass(frozen=True)
class Undo:
    """What of one record is undone; `changes` as they were applied."""

    ran: Ran
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Crossing:
    """How a rollback gets across."""

    undo: tuple[Undo, ...] = ()
    """In the order they are undone: newest first."""
    stays: tuple[str, ...] = ()
    """What stays and why, a sentence each."""


@dataclass(frozen=True)
class _Item:
    ran: Ran
    change: Change
    certain: bool

    @property
    def title(self) -> str:
        return _title(self.ran.record, self.change)


def standing(ran: Iterable[Ran]) -> tuple[Ran, ...]:
    """Return what is, or may be, in the data since the target release, newest first.

    `ran`: every record since then, newest first, undos too. Left out: a change that was undone later (each
    undo takes the newest one back), and one that may have run when a later record knows.
    """
    undone: dict[str, Counter[str]] = {}
    known: dict[str, set[str]] = {}
    left = []
    for it in ran:
        record = it.record
        gone, sure = undone.setdefault(record.name, Counter()), known.setdefault(record.name, set())
        names = [change.name for change in record.changes]
        unsure = tuple(change for change in record.unsure if change.name not in sure)
        sure.update(names)
        changes: tuple[Change, ...] = ()
        if record.direction is Direction.DOWN:
            gone.update(names)
        else:
            changes = tuple(change for change in record.changes if not gone[change.name])
            gone -= Counter(names)
        rest = record.model_copy(update={"changes": changes, "unsure": unsure})
        if rest.changed():
            left.append(Ran(it.release, rest))
    return tuple(left)


def cross(ran: Sequence[Ran], *, with_migrations: bool = False, accepted: Collection[str] = ()) -> Crossing:
    """Decide about what stands since the target release, newest first.

    Raises RefusedError with the whole list of what is in the way; ConfigError if `accepted` names something
    that is not.
    """
    items = [item for it in ran for item in _items(it)]
    known = {name for item in items for name in (item.ran.record.name, item.change.name)}
    if strange := sorted(set(accepted) - known):
        raise ConfigError(
            f"`--accept-schema {strange[0]}` names no migration that ran since",
            hint=f"those that did: {', '.join(f'`{name}`' for name in sorted(known)) or 'none'}",
        )
    undo: list[_Item] = []
    stays: list[str] = []
    refused: list[str] = []
    above: dict[str, str] = {}
    for item in items:
        name = item.ran.record.name
        reason = _passes(item, accepted)
        if with_migrations and _undoable(item, accepted) and name not in above:
            undo.append(item)
            continue
        above.setdefault(name, item.title)
        if reason:
            stays.append(f"{item.title} stays: {reason}")
        else:
            refused.append(_refusal(item, above[name], with_migrations=with_migrations))
    if refused:
        raise _error(refused, items, with_migrations=with_migrations)
    return Crossing(undo=_grouped(undo), stays=tuple(stays))


def missing(ran: Sequence[Ran]) -> dict[str, str]:
    """Return what was undone since the target release and had been applied before it: name -> a sentence.

    `ran`: every record since then, newest first. The target needs it, and a rollback applies nothing.
    """
    here: set[tuple[str, str]] = set()
    lost: dict[tuple[str, str], str] = {}
    for it in reversed(ran):
        for change in it.record.changes:
            key = (it.record.name, change.name)
            if it.record.direction is Direction.UP:
                here.add(key)
                lost.pop(key, None)
            elif key in here:
                here.discard(key)
            else:
                lost[key] = f"{_title(it.record, change)} was undone in {it.release}"
    return {name: sentence for (name, _), sentence in lost.items()}


def incompatible(records: Iterable[MigrationRecord]) -> tuple[str, ...]:
    """Return the migrations and files, in order, across which an automatic `revert` becomes `stop`."""
    return tuple(
        item.title
        for record in records
        for item in reversed(_items(Ran("", record)))
        if not (item.certain and item.change.compatible)
    )


def _title(record: MigrationRecord, change: Change) -> str:
    return f"`{record.name}`" if change.name == record.name else f"`{change.name}` of `{record.name}`"


def _items(ran: Ran) -> list[_Item]:
    """Return the changes of a record, newest first."""
    return [
        *(_Item(ran, change, certain=False) for change in reversed(ran.record.unsure)),
        *(_Item(ran, change, certain=True) for change in reversed(ran.record.changes)),
    ]


def _accepted(item: _Item, accepted: Collection[str]) -> bool:
    return item.ran.record.name in accepted or item.change.name in accepted


def _passes(item: _Item, accepted: Collection[str]) -> str:
    """Return why it need not be undone; empty if it has to be."""
    if _accepted(item, accepted):
        return "`--accept-schema`"
    return "compatible" if item.certain and item.change.compatible else ""


def _undoable(item: _Item, accepted: Collection[str]) -> bool:
    return item.certain and item.change.reversible and not _accepted(item, accepted)


def _refusal(item: _Item, above: str, *, with_migrations: bool) -> str:
    where = f"{item.title} ({item.ran.release})"
    if not item.certain:
        return f"{where} was started, and nobody knows whether it ran"
    if not item.change.reversible:
        return f"{where} is neither compatible nor reversible"
    if with_migrations:
        return f"{where} cannot be undone below {above}, which stays"
    return f"{where} is not compatible; it can be undone"


def _error(refused: list[str], items: Sequence[_Item], *, with_migrations: bool) -> RefusedError:
    ways = [] if with_migrations else ["undo what can be undone with `--with-migrations`"]
    names = dict.fromkeys(item.ran.record.name for item in items)
    ways.append(f"keep the schema with `--accept-schema NAME` ({', '.join(f'`{name}`' for name in names)})")
    return RefusedError(
        "the release to go back to does not know what these migrations did:\n  " + "\n  ".join(refused),
        hint="; or ".join(ways),
    )


def _grouped(items: Iterable[_Item]) -> tuple[Undo, ...]:
    """Join the changes of one record, which stand next to each other, newest first."""
    groups: list[Undo] = []
    for item in items:
        if groups and groups[-1].ran is item.ran:
            groups[-1] = Undo(item.ran, (item.change, *groups[-1].changes))
        else:
            groups.append(Undo(item.ran, (item.change,)))
    return tuple(groups)
